/* SPDX-License-Identifier: MIT */
#ifndef SMTPLITE_SMTPLITE_H
#define SMTPLITE_SMTPLITE_H

/* The portable API, whole. */

#include "smtplite/driver.h"
#include "smtplite/engine.h"
#include "smtplite/message.h"
#include "smtplite/send.h"
#include "smtplite/transport.h"
#include "smtplite/version.h"

#endif
