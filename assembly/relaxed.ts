/** Whether `madd` is one instruction: which of the two forms of a binary this is. The loader asks. */
export const relaxed: bool = ASC_FEATURE_RELAXED_SIMD;
