// The order of the passes. A group needs what the groups before it leave behind: canonical forms
// expose patterns, patterns are found before their parts are fused, fusion comes last.
#include "compiler/passes/passes.h"

namespace ingot {
namespace {

constexpr Pass kFoldConstants = {"fold_constants", "what is known now is not computed at run time",
                                 fold_constants};
constexpr Pass kRemoveIdentities = {"remove_identities", "a copy that changes nothing costs memory",
                                    remove_identities};
constexpr Pass kMergeCommon = {"merge_common_subexpressions", "the same is computed once",
                               merge_common_subexpressions};
constexpr Pass kRemoveDead = {"remove_dead_nodes", "what nobody reads is not computed",
                              remove_dead_nodes};
constexpr Pass kCancelReshapes = {"cancel_reshapes", "one Reshape does the work of a chain",
                                  cancel_reshapes};
constexpr Pass kCancelTransposes = {
    "cancel_transposes", "transposes that undo each other move memory", cancel_transposes};

constexpr Pass kCancelConcatSplits = {"cancel_concat_splits",
                                      "parts that are put together again need not be taken apart",
                                      cancel_concat_splits};

constexpr Pass kAbsorbTransposes = {"absorb_transposes_into_matmul",
                                    "matrix products read transposed operands for free",
                                    absorb_transposes_into_matmul};
constexpr Pass kFuseEpilogue = {
    "fuse_epilogue", "elementwise work on a result that is still in registers", fuse_epilogue};

constexpr Pass kPipeline[] = {
    // Cleanup.
    kFoldConstants,
    {"inline_constant_if", "a branch that is always taken needs no choice", inline_constant_if},
    kFoldConstants,
    kRemoveIdentities,
    kMergeCommon,
    kRemoveDead,
    // Canonical forms.
    {"qlinear_to_qdq", "one road for all quantised models", qlinear_to_qdq},
    {"gemm_to_matmul", "one matrix product for all passes and kernels", gemm_to_matmul},
    {"fold_batch_normalization", "with constant statistics it is a scale and a shift",
     fold_batch_normalization},
    kCancelReshapes,
    {"transpose_before_flatten", "an image lies with its channels last anyway",
     transpose_before_flatten},
    {"reduce_before_transpose", "a reduction leaves less to transpose", reduce_before_transpose},
    kCancelTransposes,
    {"recognize_global_average_pool", "a mean over all pixels is a pool",
     recognize_global_average_pool},
    kCancelReshapes,
    {"fold_pad_into_conv", "convolutions and pools pad for free", fold_pad_into_conv},
    {"fold_affine_into_weights", "weights and biases take constant scales and shifts",
     fold_affine_into_weights},
    kCancelConcatSplits,
    kFoldConstants,
    kRemoveIdentities,
    kMergeCommon,
    kRemoveDead,
    // Patterns.
    {"recognize_gelu", "one pass over memory, and fit for an epilogue", recognize_gelu},
    {"recognize_silu", "one pass over memory, and fit for an epilogue", recognize_silu},
    {"recognize_hard_swish", "one pass over memory, and fit for an epilogue", recognize_hard_swish},
    {"recognize_layer_norm", "one kernel instead of nine", recognize_layer_norm},
    {"recognize_rms_norm", "one kernel instead of six", recognize_rms_norm},
    {"recognize_group_norm", "one kernel instead of five", recognize_group_norm},
    {"recognize_attention", "one kernel that keeps the scores in cache", recognize_attention},
    {"unflatten_products", "products take rows as they lie", unflatten_products},
    kCancelTransposes,  // those that packed attention leaves
    // Not earlier: the last factor of an activation would be taken for one of the weights.
    {"fold_affine_before_conv", "weights take the normalisation of images, too",
     fold_affine_before_conv},
    kAbsorbTransposes,
    {"pixel_conv_to_matmul", "products have kernels for few rows", pixel_conv_to_matmul},
    {"moves_to_gather", "rows are moved once, to where they are wanted", moves_to_gather},
    kRemoveDead,
    // Quantisation.
    {"place_quantization", "INT8 where calibration found ranges", place_quantization},
    {"move_quantize_back", "bytes are moved instead of floats", move_quantize_back},
    {"move_dequantize_forward", "bytes are moved instead of floats, and rounded once",
     move_dequantize_forward},
    kMergeCommon,  // a value that is rounded for two readers
    {"quantize_parts", "products store bytes, whatever the scales of their parts", quantize_parts},
    kCancelConcatSplits,  // parts of bytes that are joined again
    {"lower_quantization", "products of bytes take a quarter of the memory and of the time",
     lower_quantization},
    kAbsorbTransposes,  // those that were on the other side of a rounding
    kFoldConstants,
    kRemoveDead,
    // Precision.
    {"assign_precision", "16-bit types where they are allowed, safe and faster", assign_precision},
    kCancelReshapes,
    kFoldConstants,
    kRemoveIdentities,
    kMergeCommon,
    kRemoveDead,
    // Fusion.
    {"merge_sibling_matmuls", "one product reads its input once", merge_sibling_matmuls},
    kFuseEpilogue,
    {"fuse_pointwise", "elementwise nodes share one pass over memory", fuse_pointwise},
    kFuseEpilogue,  // clusters that read a result more than once are one reader now
    {"fold_output_scales", "each element of a rounded result costs fewer operations",
     fold_output_scales},
    kFoldConstants,
    kMergeCommon,
    kRemoveDead,
    {"separate_outputs", "each output of the graph has a buffer of its own", separate_outputs},
};

}  // namespace

std::span<const Pass> pass_pipeline() { return kPipeline; }

}  // namespace ingot
