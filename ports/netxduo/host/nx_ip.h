/* SPDX-License-Identifier: MIT */

/* Programs written for NetX Duo may include this beside nx_api.h; all there is, is there. */

#ifndef NX_IP_H
#define NX_IP_H

#include "nx_api.h"

#endif
