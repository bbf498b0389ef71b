// Included before each source that clang-tidy looks at: what its analyzer cannot see across files.
// Functions that set an error always return -1.

#pragma once

#include "common/config.h"
#include "common/error.h"
#include "worker/store/store.h"

#define error_set(...) (error_set(__VA_ARGS__), -1)
#define error_mark(...) (error_mark(__VA_ARGS__), -1)
#define error_wrap(...) (error_wrap(__VA_ARGS__), -1)
#define config_error(...) (config_error(__VA_ARGS__), -1)
#define config_item_error(...) (config_item_error(__VA_ARGS__), -1)
#define store_error(...) (store_error(__VA_ARGS__), -1)
