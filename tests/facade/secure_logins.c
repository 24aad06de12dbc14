/* SPDX-License-Identifier: MIT */
#include "secure.h"
void test_logins(void) {
}
