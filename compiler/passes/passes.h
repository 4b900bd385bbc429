// The passes, by name; pipeline.cpp puts them in order. Each is described at the head of its file.
#pragma once

#include "compiler/passes/pass.h"

namespace ingot {

// Cleanup.
Graph fold_constants(Graph graph, PassContext& pass);
Graph inline_constant_if(Graph graph, PassContext& pass);
Graph remove_identities(Graph graph, PassContext& pass);
Graph merge_common_subexpressions(Graph graph, PassContext& pass);
Graph remove_dead_nodes(Graph graph, PassContext& pass);
Graph separate_outputs(Graph graph, PassContext& pass);

// Canonical forms.
Graph qlinear_to_qdq(Graph graph, PassContext& pass);
Graph gemm_to_matmul(Graph graph, PassContext& pass);
Graph fold_pad_into_conv(Graph graph, PassContext& pass);
Graph fold_batch_normalization(Graph graph, PassContext& pass);
Graph fold_affine_before_conv(Graph graph, PassContext& pass);
Graph fold_affine_into_weights(Graph graph, PassContext& pass);
Graph recognize_global_average_pool(Graph graph, PassContext& pass);
Graph cancel_reshapes(Graph graph, PassContext& pass);
Graph reduce_before_transpose(Graph graph, PassContext& pass);
Graph transpose_before_flatten(Graph graph, PassContext& pass);
Graph cancel_transposes(Graph graph, PassContext& pass);
Graph cancel_concat_splits(Graph graph, PassContext& pass);
Graph moves_to_gather(Graph graph, PassContext& pass);
Graph pixel_conv_to_matmul(Graph graph, PassContext& pass);
Graph absorb_transposes_into_matmul(Graph graph, PassContext& pass);

// Patterns.
Graph recognize_gelu(Graph graph, PassContext& pass);
Graph recognize_silu(Graph graph, PassContext& pass);
Graph recognize_hard_swish(Graph graph, PassContext& pass);
Graph recognize_layer_norm(Graph graph, PassContext& pass);
Graph recognize_rms_norm(Graph graph, PassContext& pass);
Graph recognize_group_norm(Graph graph, PassContext& pass);
Graph quantize_parts(Graph graph, PassContext& pass);
Graph recognize_attention(Graph graph, PassContext& pass);
Graph unflatten_products(Graph graph, PassContext& pass);

// Quantisation.
Graph place_quantization(Graph graph, PassContext& pass);
Graph move_quantize_back(Graph graph, PassContext& pass);
Graph move_dequantize_forward(Graph graph, PassContext& pass);
Graph lower_quantization(Graph graph, PassContext& pass);

// Precision and fusion.
Graph assign_precision(Graph graph, PassContext& pass);
Graph merge_sibling_matmuls(Graph graph, PassContext& pass);
Graph fuse_epilogue(Graph graph, PassContext& pass);
Graph fold_output_scales(Graph graph, PassContext& pass);
Graph fuse_pointwise(Graph graph, PassContext& pass);

}  // namespace ingot
