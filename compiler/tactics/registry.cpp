// The tactics in the order in which they are tried: the first that supports a node is taken when
// nothing is timed, and the reference comes last.
#include "compiler/tactics/sizes.h"
#include "compiler/tactics/tactic.h"

namespace ingot {

extern const TacticDef kDnnlConvTactic, kDnnlDeconvTactic, kDnnlInnerProductTactic,
    kDnnlMatmulTactic, kDnnlPoolTactic, kDnnlSoftmaxTactic, kDnnlLayerNormTactic,
    kDnnlAttentionTactic, kReferenceTactic;
extern const TacticDef kCpuPointwiseTactic, kCpuConcatTactic, kCpuSplitTactic, kCpuSliceTactic,
    kCpuTransposeTactic, kCpuPadTactic, kCpuExpandTactic, kCpuTileTactic, kCpuGatherTactic,
    kCpuWhereTactic, kCpuSoftmaxTactic, kCpuLayerNormTactic, kCpuGroupNormTactic, kCpuReduceTactic,
    kCpuResizeTactic, kCpuAttentionTactic, kCpuDepthwiseTactic, kCpuGridSampleTactic,
    kCpuTopKTactic, kCpuNmsTactic, kCpuGatherElementsTactic, kCpuScatterNDTactic, kCpuCumSumTactic,
    kCpuCastTactic, kCpuCompareTactic, kCpuArgReduceTactic, kCpuConvTactic, kCpuMatmulTactic,
    kCpuDynamicQuantizeTactic, kCpuMeanPoolTactic, kCpuBatchedMatmulTactic, kCpuInnerProductTactic,
    kCpuWinogradTactic;
// On a GPU.
extern const TacticDef kCudnnConvTactic, kCudnnDeconvTactic, kCublasltMatmulTactic;
extern const TacticDef kJitPointwiseTactic, kJitElementwiseTactic, kJitCastTactic;
extern const TacticDef kJitSoftmaxTactic, kJitLayerNormTactic, kJitGroupNormTactic,
    kJitReduceTactic, kJitArgReduceTactic, kJitCumSumTactic, kJitTopKTactic, kJitNmsTactic;
extern const TacticDef kJitConcatTactic, kJitSplitTactic, kJitSliceTactic, kJitTransposeTactic,
    kJitPadTactic, kJitExpandTactic, kJitTileTactic, kJitDepthToSpaceTactic, kJitSpaceToDepthTactic,
    kJitConstantOfShapeTactic, kJitPickTactic, kJitGatherTactic, kJitScatterTactic,
    kJitOneHotTactic, kJitRangeTactic, kJitTriluTactic, kJitEyeLikeTactic,
    kJitReverseSequenceTactic, kJitQuantizeTactic, kJitLrnTactic;
extern const TacticDef kJitAttentionTactic, kJitMatmulTactic, kJitConvMmaTactic;
extern const TacticDef kJitDepthwiseTactic, kJitStemTactic, kJitConvTactic, kJitDeconvTactic,
    kJitPoolTactic, kJitResizeTactic, kJitGridSampleTactic, kJitRoiAlignTactic;

std::span<const TacticDef* const> all_tactics() {
  static const TacticDef* const tactics[] = {
      &kDnnlConvTactic,
      &kDnnlDeconvTactic,
      &kDnnlInnerProductTactic,
      &kDnnlMatmulTactic,
      &kDnnlPoolTactic,
      &kDnnlSoftmaxTactic,
      &kDnnlLayerNormTactic,
      &kDnnlAttentionTactic,
      &kCpuPointwiseTactic,
      &kCpuConcatTactic,
      &kCpuSplitTactic,
      &kCpuSliceTactic,
      &kCpuTransposeTactic,
      &kCpuPadTactic,
      &kCpuExpandTactic,
      &kCpuTileTactic,
      &kCpuGatherTactic,
      &kCpuWhereTactic,
      &kCpuSoftmaxTactic,
      &kCpuLayerNormTactic,
      &kCpuGroupNormTactic,
      &kCpuReduceTactic,
      &kCpuResizeTactic,
      &kCpuAttentionTactic,
      &kCpuDepthwiseTactic,
      &kCpuGridSampleTactic,
      &kCpuTopKTactic,
      &kCpuNmsTactic,
      &kCpuGatherElementsTactic,
      &kCpuScatterNDTactic,
      &kCpuCumSumTactic,
      &kCpuCastTactic,
      &kCpuCompareTactic,
      &kCpuArgReduceTactic,
      &kCpuConvTactic,
      &kCpuMatmulTactic,
      &kCpuDynamicQuantizeTactic,
      &kCpuMeanPoolTactic,
      &kCpuBatchedMatmulTactic,
      &kCpuInnerProductTactic,
      &kCpuWinogradTactic,
      // On a GPU.
      &kJitDepthwiseTactic,
      &kCudnnConvTactic,
      &kCudnnDeconvTactic,
      &kCublasltMatmulTactic,
      &kJitAttentionTactic,
      &kJitPointwiseTactic,
      &kJitElementwiseTactic,
      &kJitCastTactic,
      &kJitSoftmaxTactic,
      &kJitLayerNormTactic,
      &kJitGroupNormTactic,
      &kJitReduceTactic,
      &kJitArgReduceTactic,
      &kJitCumSumTactic,
      &kJitTopKTactic,
      &kJitNmsTactic,
      &kJitConcatTactic,
      &kJitSplitTactic,
      &kJitSliceTactic,
      &kJitTransposeTactic,
      &kJitPadTactic,
      &kJitExpandTactic,
      &kJitTileTactic,
      &kJitDepthToSpaceTactic,
      &kJitSpaceToDepthTactic,
      &kJitConstantOfShapeTactic,
      &kJitPickTactic,
      &kJitGatherTactic,
      &kJitScatterTactic,
      &kJitOneHotTactic,
      &kJitRangeTactic,
      &kJitTriluTactic,
      &kJitEyeLikeTactic,
      &kJitReverseSequenceTactic,
      &kJitMatmulTactic,
      &kJitStemTactic,
      &kJitConvMmaTactic,
      &kJitConvTactic,
      &kJitDeconvTactic,
      &kJitPoolTactic,
      &kJitResizeTactic,
      &kJitGridSampleTactic,
      &kJitRoiAlignTactic,
      &kJitQuantizeTactic,
      &kJitLrnTactic,
      &kReferenceTactic,
  };
  return tactics;
}

bool gives_sizes(const TacticDef& tactic) {
  return &tactic == &kCpuNmsTactic || &tactic == &kJitNmsTactic;
}

}  // namespace ingot
