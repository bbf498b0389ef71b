#include "coordinator/discovery/provider.h"
