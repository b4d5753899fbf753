"""From a frame to faces and their mask states."""
