package main

// #include "bridge.h"
import "C"

import (
	"strings"
	"unsafe"

	"office365/plugin/internal/telemetry"
)

// metrics publishes samples in Fluent Bit's metrics. It holds C memory until
// forget. It belongs to a bridge, whose mutex guards it.
type metrics struct {
	families map[string]family
	series   map[string]*series // by keyOf
}

// family is a metric of cmetrics; its series differ in their labels.
type family struct {
	metric unsafe.Pointer
	put    C.o365_put
}

type series struct {
	family
	labels texts
	last   float64 // of a counter, which is told differences
}

// texts is an array of strings of C.
type texts struct {
	array **C.char
	count int
}

func newTexts(list []string) texts {
	t := texts{
		array: (**C.char)(C.calloc(C.size_t(len(list)), C.size_t(unsafe.Sizeof((*C.char)(nil))))),
		count: len(list),
	}
	for i, text := range list {
		t.slice()[i] = C.CString(text)
	}
	return t
}

func (t texts) slice() []*C.char { return unsafe.Slice(t.array, t.count) }

func (t texts) free() {
	for _, text := range t.slice() {
		C.free(unsafe.Pointer(text))
	}
	C.free(unsafe.Pointer(t.array))
}

// publish makes the first samples known and later ones current. It must be
// called for the first time in Init, while Fluent Bit's main thread waits.
func (b *bridge) publish(samples []telemetry.Sample) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forgotten {
		return
	}
	if b.metrics == nil {
		b.metrics = b.newMetrics(samples)
	}
	at := C.uint64_t(b.now().UnixNano())
	for _, sample := range samples {
		if s := b.metrics.series[keyOf(sample)]; s != nil {
			s.update(sample, at)
		}
	}
}

// keyOf knows a series again.
func keyOf(sample telemetry.Sample) string {
	var key strings.Builder
	key.WriteString(sample.Name)
	for _, label := range sample.Labels {
		key.WriteByte(0)
		key.WriteString(label.Value)
	}
	return key.String()
}

func (b *bridge) newMetrics(samples []telemetry.Sample) *metrics {
	m := &metrics{families: map[string]family{}, series: map[string]*series{}}
	for _, sample := range samples {
		f, known := m.families[sample.Name]
		if !known {
			f = b.newFamily(sample)
			m.families[sample.Name] = f
		}
		values := append(make([]string, 0, 1+len(sample.Labels)), b.title)
		for _, label := range sample.Labels {
			values = append(values, label.Value)
		}
		m.series[keyOf(sample)] = &series{family: f, labels: newTexts(values)}
	}
	return m
}

func (b *bridge) newFamily(sample telemetry.Sample) family {
	keys := append(make([]string, 0, 1+len(sample.Labels)), "name")
	for _, label := range sample.Labels {
		keys = append(keys, label.Key)
	}
	own := newTexts([]string{sample.Name, sample.Help})
	defer own.free()
	labels := newTexts(keys) // cmetrics copies them
	defer labels.free()
	counter := C.bool(sample.Kind == telemetry.Counter)
	return family{
		metric: C.o365_metric(b.api, b.ins, counter, own.slice()[0], own.slice()[1], C.int(labels.count), labels.array),
		put:    C.o365_putter(counter),
	}
}

func (s *series) update(sample telemetry.Sample, at C.uint64_t) {
	value := sample.Value
	if sample.Kind == telemetry.Counter {
		value -= s.last
		s.last = sample.Value
	}
	C.o365_put_metric(s.put, s.metric, at, C.double(value), C.int(s.labels.count), s.labels.array)
}

// forget frees our copies; the metrics themselves go with the instance.
func (m *metrics) forget() {
	if m == nil {
		return
	}
	for _, s := range m.series {
		s.labels.free()
	}
}
