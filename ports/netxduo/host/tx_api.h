/* SPDX-License-Identifier: MIT */

/* The ThreadX API over POSIX threads: the part that NetX mail code needs.
 *
 * Names, values and argument orders are ThreadX's. What differs from a real kernel is in README.md:
 * above all, threads run in parallel and priorities are ignored. */

#ifndef TX_API_H
#define TX_API_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef TX_INCLUDE_USER_DEFINE_FILE
#include "tx_user.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ThreadX's types. LONG and ULONG have 32 bits everywhere, as in ThreadX's own port to 64-bit
 * Linux. */

typedef void VOID;
typedef char CHAR;
typedef unsigned char UCHAR;
typedef int INT;
typedef unsigned int UINT;
typedef short SHORT;
typedef unsigned short USHORT;
typedef uint64_t ULONG64;
#define ULONG64_DEFINED
#define ALIGN_TYPE_DEFINED
#if UINTPTR_MAX > 0xFFFFFFFFu
typedef int LONG;
typedef unsigned int ULONG;
typedef unsigned long long ALIGN_TYPE;
#else
typedef long LONG;
typedef unsigned long ULONG;
typedef unsigned long ALIGN_TYPE;
#endif

#define THREADX_MAJOR_VERSION 6
#define THREADX_MINOR_VERSION 4
#define THREADX_PATCH_VERSION 2

#ifndef TX_MAX_PRIORITIES
#define TX_MAX_PRIORITIES 32
#endif
#ifndef TX_MINIMUM_STACK
#define TX_MINIMUM_STACK 200
#endif
#ifndef TX_TIMER_TICKS_PER_SECOND
#define TX_TIMER_TICKS_PER_SECOND (100UL)
#endif

#define TX_NO_WAIT       ((ULONG)0)
#define TX_WAIT_FOREVER  ((ULONG)0xFFFFFFFFUL)
#define TX_NO_TIME_SLICE ((ULONG)0)
#define TX_AUTO_START    ((UINT)1)
#define TX_DONT_START    ((UINT)0)
#define TX_TRUE          ((UINT)1)
#define TX_FALSE         ((UINT)0)
#define TX_NULL          ((void *)0)
#define TX_INHERIT       ((UINT)1)
#define TX_NO_INHERIT    ((UINT)0)

/* Thread states. The host edition uses those listed here. */
#define TX_READY      ((UINT)0)
#define TX_COMPLETED  ((UINT)1)
#define TX_TERMINATED ((UINT)2)
#define TX_SUSPENDED  ((UINT)3)

#define TX_SUCCESS             ((UINT)0x00)
#define TX_DELETED             ((UINT)0x01)
#define TX_POOL_ERROR          ((UINT)0x02)
#define TX_PTR_ERROR           ((UINT)0x03)
#define TX_WAIT_ERROR          ((UINT)0x04)
#define TX_SIZE_ERROR          ((UINT)0x05)
#define TX_GROUP_ERROR         ((UINT)0x06)
#define TX_NO_EVENTS           ((UINT)0x07)
#define TX_OPTION_ERROR        ((UINT)0x08)
#define TX_QUEUE_ERROR         ((UINT)0x09)
#define TX_QUEUE_EMPTY         ((UINT)0x0A)
#define TX_QUEUE_FULL          ((UINT)0x0B)
#define TX_SEMAPHORE_ERROR     ((UINT)0x0C)
#define TX_NO_INSTANCE         ((UINT)0x0D)
#define TX_THREAD_ERROR        ((UINT)0x0E)
#define TX_PRIORITY_ERROR      ((UINT)0x0F)
#define TX_NO_MEMORY           ((UINT)0x10)
#define TX_START_ERROR         ((UINT)0x10)
#define TX_DELETE_ERROR        ((UINT)0x11)
#define TX_RESUME_ERROR        ((UINT)0x12)
#define TX_CALLER_ERROR        ((UINT)0x13)
#define TX_SUSPEND_ERROR       ((UINT)0x14)
#define TX_THRESH_ERROR        ((UINT)0x18)
#define TX_SUSPEND_LIFTED      ((UINT)0x19)
#define TX_WAIT_ABORTED        ((UINT)0x1A)
#define TX_WAIT_ABORT_ERROR    ((UINT)0x1B)
#define TX_MUTEX_ERROR         ((UINT)0x1C)
#define TX_NOT_AVAILABLE       ((UINT)0x1D)
#define TX_NOT_OWNED           ((UINT)0x1E)
#define TX_INHERIT_ERROR       ((UINT)0x1F)
#define TX_NOT_DONE            ((UINT)0x20)
#define TX_FEATURE_NOT_ENABLED ((UINT)0xFF)

#define TX_THREAD_ID    ((ULONG)0x54485244)
#define TX_MUTEX_ID     ((ULONG)0x4D555445)
#define TX_SEMAPHORE_ID ((ULONG)0x53454D41)

struct TX_MUTEX_STRUCT;

typedef struct TX_THREAD_STRUCT {
    ULONG tx_thread_id;
    CHAR *tx_thread_name;
    UINT tx_thread_state;
    UINT tx_thread_priority;
    VOID (*tx_thread_entry)(ULONG id);
    ULONG tx_thread_entry_parameter;
    VOID *tx_thread_stack_start; /* kept, not used: the stack is the POSIX thread's */
    ULONG tx_thread_stack_size;
    struct TX_MUTEX_STRUCT *tx_thread_owned_mutex_list;
    UINT tx_thread_host_stop; /* to end at its next call that may wait */
} TX_THREAD;

typedef struct TX_MUTEX_STRUCT {
    ULONG tx_mutex_id;
    CHAR *tx_mutex_name;
    UINT tx_mutex_ownership_count;
    TX_THREAD *tx_mutex_owner;
    struct TX_MUTEX_STRUCT *tx_mutex_owned_next;
    UINT tx_mutex_suspended_count;
} TX_MUTEX;

typedef struct TX_SEMAPHORE_STRUCT {
    ULONG tx_semaphore_id;
    CHAR *tx_semaphore_name;
    ULONG tx_semaphore_count;
    UINT tx_semaphore_suspended_count;
} TX_SEMAPHORE;

/* "Interrupts off" is one process-wide lock that a thread may take several times. */
#define TX_INTERRUPT_SAVE_AREA UINT tx_saved_posture;
#define TX_DISABLE             tx_saved_posture = _tx_thread_interrupt_disable();
#define TX_RESTORE             _tx_thread_interrupt_restore(tx_saved_posture);
UINT _tx_thread_interrupt_disable(VOID);
VOID _tx_thread_interrupt_restore(UINT previous_posture);

/* The application's start-up code, called once by tx_kernel_enter. */
VOID tx_application_define(VOID *first_unused_memory);
VOID tx_kernel_enter(VOID);

UINT tx_thread_create(TX_THREAD *thread_ptr, CHAR *name_ptr,
                      VOID (*entry_function)(ULONG entry_input), ULONG entry_input,
                      VOID *stack_start, ULONG stack_size, UINT priority, UINT preempt_threshold,
                      ULONG time_slice, UINT auto_start);
UINT tx_thread_delete(TX_THREAD *thread_ptr);
TX_THREAD *tx_thread_identify(VOID);
VOID tx_thread_relinquish(VOID);
UINT tx_thread_resume(TX_THREAD *thread_ptr);
UINT tx_thread_sleep(ULONG timer_ticks);
UINT tx_thread_suspend(TX_THREAD *thread_ptr);
UINT tx_thread_terminate(TX_THREAD *thread_ptr);
ULONG tx_time_get(VOID);

UINT tx_mutex_create(TX_MUTEX *mutex_ptr, CHAR *name_ptr, UINT inherit);
UINT tx_mutex_delete(TX_MUTEX *mutex_ptr);
UINT tx_mutex_get(TX_MUTEX *mutex_ptr, ULONG wait_option);
UINT tx_mutex_put(TX_MUTEX *mutex_ptr);

UINT tx_semaphore_create(TX_SEMAPHORE *semaphore_ptr, CHAR *name_ptr, ULONG initial_count);
UINT tx_semaphore_delete(TX_SEMAPHORE *semaphore_ptr);
UINT tx_semaphore_get(TX_SEMAPHORE *semaphore_ptr, ULONG wait_option);
UINT tx_semaphore_put(TX_SEMAPHORE *semaphore_ptr);

/* Who calls: 0 a POSIX thread that ThreadX knows nothing of, 1 tx_application_define, 2 a ThreadX
 * thread. */
UINT _tx_host_caller(VOID);

#ifdef __cplusplus
}
#endif

#endif
