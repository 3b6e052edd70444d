package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"

	"github.com/fluent/fluent-bit-go/input"
)

// The functions that Fluent Bit 5.1.1 looks up in a library of Go
// (src/flb_plugin_proxy.c and src/proxy/go/go.c), in the order in which it
// calls them. Before 4.1 it takes the callbacks without Ctx.
//
// A handle is an integer, and its parameter must say so: declared as
// unsafe.Pointer, a small number ends the process with "invalid pointer found
// on stack". A result of FLB_ERROR (0) matters to Init alone; collect and
// cleanup fail with -1 only, and then the batch of collect would stay pinned.

// FLBPluginPreRegister is called before FLBPluginRegister, at start and at
// every hot reload. There is nothing to prepare; the old instances are still
// at work.
//
//export FLBPluginPreRegister
func FLBPluginPreRegister(_ C.int) C.int { return input.FLB_OK }

// FLBPluginRegister fills in the name under which [INPUT] sections find us.
//
//export FLBPluginRegister
func FLBPluginRegister(def unsafe.Pointer) (code C.int) {
	defer rescue(nil, "register")
	rememberFaults()
	collectGarbageSooner()
	return C.int(input.FLBPluginRegister(def, "office365", "Microsoft 365 audit logs (Office 365 Management Activity API)"))
}

// FLBPluginInit makes the instance of one section.
//
//export FLBPluginInit
func FLBPluginInit(plugin unsafe.Pointer) (code C.int) {
	defer rescue(nil, "init")
	if open(newBridge(plugin), syscall.Gettid(), &instances, newCollector) == nil {
		return input.FLB_ERROR
	}
	return input.FLB_OK
}

// FLBPluginInputPreRun is called once, when the whole pipeline is up.
//
//export FLBPluginInputPreRun
func FLBPluginInputPreRun(_ C.int) C.int {
	i := instances.byThread(syscall.Gettid())
	defer rescue(i, "pre-run")
	i.drain()
	return input.FLB_OK
}

// FLBPluginInputCallbackCtx is called every second and hands over a batch.
//
//export FLBPluginInputCallbackCtx
func FLBPluginInputCallbackCtx(handle C.uintptr_t, data *unsafe.Pointer, size *C.size_t) C.int {
	return collect(instances.byHandle(uintptr(handle)), data, size)
}

// FLBPluginInputCallback is the same for Fluent Bit before 4.1.
//
//export FLBPluginInputCallback
func FLBPluginInputCallback(data *unsafe.Pointer, size *C.size_t) C.int {
	return collect(instances.byThread(syscall.Gettid()), data, size)
}

// collect hands the batch to C as it is. It is pinned until cleanup, which comes
// right after Fluent Bit has copied it. Zero bytes mean nothing this time, also
// when the instance panicked.
func collect(i *instance, data *unsafe.Pointer, size *C.size_t) C.int {
	defer rescue(i, "collect")
	*data, *size = nil, 0
	if batch := i.collect(); len(batch) > 0 {
		i.pinned.Pin(unsafe.SliceData(batch))
		*data, *size = unsafe.Pointer(unsafe.SliceData(batch)), C.size_t(len(batch))
	}
	return input.FLB_OK
}

// FLBPluginInputCleanupCallbackCtx is called when Fluent Bit has copied the
// batch of the last collect.
//
//export FLBPluginInputCleanupCallbackCtx
func FLBPluginInputCleanupCallbackCtx(handle C.uintptr_t, _ unsafe.Pointer) C.int {
	return cleanup(instances.byHandle(uintptr(handle)))
}

// FLBPluginInputCleanupCallback is the same for Fluent Bit before 4.1.
//
//export FLBPluginInputCleanupCallback
func FLBPluginInputCleanupCallback(_ unsafe.Pointer) C.int {
	return cleanup(instances.byThread(syscall.Gettid()))
}

func cleanup(i *instance) C.int {
	defer rescue(i, "cleanup")
	i.collected()
	return input.FLB_OK
}

// FLBPluginInputPause stops the hand-over of the instance of this thread.
//
//export FLBPluginInputPause
func FLBPluginInputPause() {
	i := instances.byThread(syscall.Gettid())
	defer rescue(i, "pause")
	i.pause()
}

// FLBPluginInputResume ends a pause.
//
//export FLBPluginInputResume
func FLBPluginInputResume() {
	i := instances.byThread(syscall.Gettid())
	defer rescue(i, "resume")
	i.resume()
}

// FLBPluginInputPreExit is called right before FLBPluginExit, on the same
// thread. What is to be done, exit does.
//
//export FLBPluginInputPreExit
func FLBPluginInputPreExit(_ C.int) {
	i := instances.byThread(syscall.Gettid())
	defer rescue(i, "pre-exit")
	i.drain()
}

// FLBPluginExit ends the instance of this thread; others may still be at work.
//
//export FLBPluginExit
func FLBPluginExit() C.int {
	i := instances.byThread(syscall.Gettid())
	defer rescue(i, "exit")
	i.stop(&instances)
	return input.FLB_OK
}

// FLBPluginUnregister is called on the main thread, after the exit of all
// instances, and at a reload after the new FLBPluginRegister. When Fluent Bit
// could not start, it comes without any exit: instances that are still there
// must not read counters that are about to go.
//
//export FLBPluginUnregister
func FLBPluginUnregister(def unsafe.Pointer) {
	defer rescue(nil, "unregister")
	for _, i := range instances.all() {
		i.host.forget()
	}
	input.FLBPluginUnregister(def)
}

// rescue is deferred by every callback: a panic must not end Fluent Bit. It is
// logged; where there is no instance, and so no log, it goes to stderr.
func rescue(i *instance, callback string) {
	r := recover()
	switch {
	case r == nil:
	case i != nil:
		i.panicked(callback, r, debug.Stack())
	default:
		fmt.Fprintf(os.Stderr, "[office365] a bug: please report it callback=%s panic=%q stack=%q\n", callback, fmt.Sprint(r), debug.Stack())
	}
}
