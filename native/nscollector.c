#include "nscollector.h"

int32_t nsc_interface_version(void)
{
    return NSC_INTERFACE_VERSION;
}
