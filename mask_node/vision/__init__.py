"""From a frame to faces and their mask states.

Reading order: `types` (what goes in and comes out), `card` (what is known of a model), `runtime` (one model),
`geometry`, `face_detector` (stage one), `mask_state` (stage two), `two_stage` (both as one), `load`.
"""
