// ingot: builds, runs, measures and explains engines; one command each.
#include "apps/ingot/command.h"

int main(int argc, char** argv) {
  return ingot::apps::run_ingot(std::vector<std::string>(argv + 1, argv + argc));
}
