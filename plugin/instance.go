package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"office365/plugin/internal/collector"
	"office365/plugin/internal/config"
	"office365/plugin/internal/telemetry"
)

// levelTrace is Fluent Bit's trace, one step below slog's lowest level.
const levelTrace = slog.LevelDebug - 4

// fluentBit is what an instance needs of the program that loaded it. All of it
// but records and forget must be called on the instance's thread.
type fluentBit interface {
	now() time.Time
	// name is the alias of the section, or office365.0; "" when it is not known.
	name() string
	// property is the text of a setting, "" when it is not set.
	property(key string) string
	// tellsInstances reports whether callbacks say which instance they mean.
	tellsInstances() bool
	// setHandle makes callbacks say it.
	setHandle(handle uintptr)
	logs(level slog.Level) bool
	print(level slog.Level, line string)
	// records is how many records Fluent Bit has taken from the instance, if
	// that can be had. It may be called on any thread, also after forget.
	records() (uint64, bool)
	// publish shows values in Fluent Bit's metrics; first of all in Init.
	publish(samples []telemetry.Sample)
	// blind says why records cannot be had; "" when they can.
	blind() string
	// keepPanics makes sure that a nil dereference is a panic and not the end
	// of the process, which Fluent Bit undoes now and then.
	keepPanics()
	// forget ends the use of everything that ends with the instance.
	forget()
}

// source is the collector as an instance uses it. Next returns nil while the
// instance is paused.
type source interface {
	Start()
	Next() []byte
	Done()
	Pause()
	Resume()
	Stop()
}

// measured is a source that has metrics. Samples is called on the instance's
// thread: in Init, then every second, and when a pause begins or ends.
type measured interface {
	Samples() []telemetry.Sample
}

// instance is one [INPUT] section, from its Init to its exit. Its methods are
// called by Fluent Bit on the instance's thread; on a nil instance they do
// nothing, for a callback may come when there is none (any more).
type instance struct {
	handle uintptr // set by the registry
	thread int

	host      fluentBit
	log       *telemetry.Log
	logger    *slog.Logger
	collector source
	pinned    runtime.Pinner // the batch that Fluent Bit is copying
	panics    int            // callbacks that panicked
}

// errOldCore is a limit of Fluent Bit before 4.1, whose callbacks do not say
// which of several instances they mean.
var errOldCore = errors.New("this Fluent Bit is older than 4.1 and can run one [INPUT] of office365 only; " +
	"remove the others or use a newer Fluent Bit")

// open makes the instance of a section and starts it. It reports what it did
// in Fluent Bit's log, an error as well, and returns nil then. An error means
// that the configuration is wrong: Fluent Bit ends.
func open(host fluentBit, thread int, known *registry, build builder) *instance {
	log := telemetry.NewLog(tenantOf(host))
	log.SetLevel(levelOf(host))
	i := &instance{thread: thread, host: host, log: log, logger: slog.New(log.Handler())}
	defer i.drain()

	if err := i.start(known, build); err != nil {
		i.say(slog.LevelError, oneLine(err))
		known.remove(i)
		host.forget()
		return nil
	}
	return i
}

// builder makes the collector: collector.New, but for tests.
type builder func(collector.Options) (source, error)

func newCollector(o collector.Options) (source, error) { return collector.New(o) }

// start turns the properties into a running collector.
func (i *instance) start(known *registry, build builder) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a bug, please report it: panic in Init: %v: %s", r, debug.Stack())
		}
	}()
	i.host.keepPanics()
	if !i.host.tellsInstances() && len(known.all()) > 0 {
		return errOldCore
	}
	i.log.Forbid(strings.TrimSpace(i.host.property("client_secret")))
	settings, warnings, err := config.Parse(i.host.property)
	for _, w := range warnings {
		i.say(slog.LevelWarn, w)
	}
	if err != nil {
		return err
	}
	i.collector, err = build(collector.Options{
		Settings: settings,
		Instance: i.nameIn(known),
		Log:      i.logger,
		Arrived:  i.host.records,
	})
	if err != nil {
		return err
	}
	i.announce(settings)
	i.publish()
	known.add(i)
	if i.host.tellsInstances() {
		i.host.setHandle(i.handle)
	}
	i.collector.Start()
	return nil
}

func (i *instance) announce(s config.Settings) {
	i.logger.Info("settings in force", slog.Attr{Value: s.LogValue()})
	if why := i.host.blind(); why != "" {
		i.logger.Info("Fluent Bit does not tell what has arrived: hand-over and checkpoint go by time", "reason", why)
	}
}

// nameIn names the instance in messages, also where Fluent Bit does not.
func (i *instance) nameIn(known *registry) string {
	if name := i.host.name(); name != "" {
		return name
	}
	return fmt.Sprintf("office365.%d", len(known.all()))
}

// collect returns the batch to hand over now, or nil.
func (i *instance) collect() []byte {
	if i == nil {
		return nil
	}
	defer i.drain()
	i.host.keepPanics()
	i.publish()
	return i.collector.Next()
}

// collected tells that Fluent Bit is done with the last batch.
func (i *instance) collected() {
	if i == nil {
		return
	}
	i.pinned.Unpin()
	i.collector.Done()
}

func (i *instance) pause() {
	if i == nil {
		return
	}
	defer i.drain()
	i.collector.Pause()
	i.publish() // the last time until the instance goes on
}

func (i *instance) resume() {
	if i == nil {
		return
	}
	defer i.drain()
	i.collector.Resume()
	i.publish()
}

// stop ends the instance. Whatever happens in it, no callback finds the
// instance afterwards.
func (i *instance) stop(known *registry) {
	if i == nil {
		return
	}
	defer i.host.forget()
	defer known.remove(i)
	defer i.drain()
	i.pinned.Unpin()
	i.collector.Stop()
}

// publish shows the metrics, if there are any. A bug in them costs no batch.
func (i *instance) publish() {
	defer rescue(i, "metrics")
	if m, ok := i.collector.(measured); ok {
		i.host.publish(m.Samples())
	}
}

// say logs a sentence that another package has written for the user.
func (i *instance) say(level slog.Level, sentence string) {
	i.logger.Log(context.Background(), level, sentence) //nolint:sloglint // the sentence is the message
}

// drain prints what goroutines have logged since the last callback.
func (i *instance) drain() {
	if i == nil {
		return
	}
	i.log.Drain(i.host.now(), i.host.print)
}

// Panics that are logged before it becomes one in panicsPerLine: a callback
// that always panics does so every second.
const (
	panicsLogged  = 5
	panicsPerLine = 300
)

// panicked reports a callback that panicked; the instance goes on.
func (i *instance) panicked(callback string, reason any, stack []byte) {
	i.panics++
	if i.panics > panicsLogged && i.panics%panicsPerLine != 0 {
		return
	}
	i.logger.Error("a bug: please report it", "callback", callback, "panic", fmt.Sprint(reason),
		"panics", i.panics, "stack", string(stack))
	i.drain()
}

// tenantOf names the tenant in log lines before the settings are known to be
// right.
func tenantOf(host fluentBit) string {
	for _, key := range []string{"tenant_name", "tenant_id"} {
		if text := strings.TrimSpace(host.property(key)); text != "" {
			return text
		}
	}
	if name := host.name(); name != "" {
		return name
	}
	return "office365"
}

// levelOf is the lowest level that the section's log_level lets through.
func levelOf(host fluentBit) slog.Level {
	for _, level := range []slog.Level{levelTrace, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if host.logs(level) {
			return level
		}
	}
	return math.MaxInt
}

// oneLine numbers the problems of an errors.Join in one line.
func oneLine(err error) string {
	problems := strings.Split(err.Error(), "\n")
	if len(problems) == 1 {
		return problems[0]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems:", len(problems))
	for i, problem := range problems {
		fmt.Fprintf(&b, " (%d) %s", i+1, problem)
	}
	return b.String()
}
