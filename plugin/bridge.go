package main

// #cgo CFLAGS: -D_GNU_SOURCE
// #cgo LDFLAGS: -ldl
// #include "bridge.h"
import "C"

import (
	"log/slog"
	"sync"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/input"
)

// bridge is Fluent Bit as one instance sees it. It copies what it needs out of
// the argument of Init, which belongs to the library and not to the instance.
type bridge struct {
	plugin *C.struct_o365_plugin // valid in Init only
	api    *C.struct_o365_api
	ins    unsafe.Pointer
	tells  bool
	title  string

	mu        sync.Mutex // goroutines read the counter while the thread may forget it
	arrivals  *C.struct_o365_arrivals
	metrics   *metrics // nil until the first samples
	forgotten bool
}

// faults are the Go runtime's handlers of SIGSEGV and SIGFPE. A package variable,
// for a process has one of each.
var faults = new(C.struct_o365_faults)

// rememberFaults must be called first of all, right after the library has been
// loaded; at a reload it does nothing.
func rememberFaults() {
	if !faults.known {
		C.o365_remember_faults(faults)
	}
}

// newBridge must be called in Init, on the thread of the instance, while
// Fluent Bit's main thread waits: it walks a list of that thread.
func newBridge(plugin unsafe.Pointer) *bridge {
	p := (*C.struct_o365_plugin)(plugin)
	arrivals := C.o365_find_arrivals(p.api, p.i_ins)
	return &bridge{
		plugin:   p,
		api:      p.api,
		ins:      p.i_ins,
		tells:    bool(C.o365_has_context(p)),
		title:    C.GoString(C.o365_instance_name(p.i_ins)),
		arrivals: &arrivals,
	}
}

func (b *bridge) now() time.Time { return time.Now() } //nolint:forbidigo // where the clock of the log comes in

func (b *bridge) name() string { return b.title }

// property is what fluent-bit-go reads; its mirror of the two fields that this
// takes is right for inputs as well.
func (b *bridge) property(key string) string {
	return input.FLBPluginConfigKey(unsafe.Pointer(b.plugin), key)
}

func (b *bridge) tellsInstances() bool { return b.tells }

func (b *bridge) setHandle(handle uintptr) { C.o365_set_context(b.plugin, C.uintptr_t(handle)) }

func (b *bridge) logs(level slog.Level) bool {
	return bool(C.o365_logs(b.api, b.ins, logLevel(level)))
}

func (b *bridge) print(level slog.Level, line string) {
	if !b.logs(level) {
		return
	}
	text := C.CString(line)
	defer C.free(unsafe.Pointer(text))
	C.o365_log(b.api, logLevel(level), text)
}

func (b *bridge) records() (uint64, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value := new(C.double)
	if !C.o365_read_arrivals(b.arrivals, value) {
		return 0, false
	}
	return uint64(*value), true
}

func (b *bridge) blind() string { return C.GoString(b.arrivals.why) }

func (b *bridge) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	C.o365_forget_arrivals(b.arrivals)
	b.metrics.forget()
	b.metrics, b.forgotten = nil, true
}

func (b *bridge) keepPanics() { C.o365_restore_faults(faults, b.api) }

// logLevel is a level as Fluent Bit counts: FLB_LOG_ERROR to FLB_LOG_TRACE in
// include/fluent-bit/flb_log.h, v5.1.1.
func logLevel(level slog.Level) C.int {
	switch {
	case level >= slog.LevelError:
		return 1
	case level >= slog.LevelWarn:
		return 2
	case level >= slog.LevelInfo:
		return 3
	case level >= slog.LevelDebug:
		return 4
	default:
		return 5
	}
}
