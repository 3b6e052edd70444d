package main

// #include "bridge.h"
import "C"

import (
	"unsafe"

	"office365/plugin/internal/telemetry"
)

// metrics publishes samples in Fluent Bit's metrics. It holds C memory until
// forget. It belongs to a bridge, whose mutex guards it.
type metrics struct {
	instance *C.char
	families map[string]family
	series   map[seriesKey]*series
}

// family is a metric of cmetrics; its series differ in their labels.
type family struct {
	metric unsafe.Pointer
	put    C.o365_put
	labels C.int
}

type seriesKey struct{ name, contentType string }

type series struct {
	family
	contentType *C.char
	last        float64 // of a counter, which is told differences
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
		if s := b.metrics.series[seriesKey{sample.Name, sample.ContentType}]; s != nil {
			b.metrics.update(s, sample, at)
		}
	}
}

func (b *bridge) newMetrics(samples []telemetry.Sample) *metrics {
	m := &metrics{
		instance: C.CString(b.title),
		families: map[string]family{},
		series:   map[seriesKey]*series{},
	}
	for _, sample := range samples {
		f, known := m.families[sample.Name]
		if !known {
			f = b.newFamily(sample)
			m.families[sample.Name] = f
		}
		s := &series{family: f, contentType: C.CString(sample.ContentType)}
		m.series[seriesKey{sample.Name, sample.ContentType}] = s
	}
	return m
}

func (b *bridge) newFamily(sample telemetry.Sample) family {
	name, help := C.CString(sample.Name), C.CString(sample.Help)
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(help))
	labels := C.int(1)
	if sample.ContentType != "" {
		labels = 2
	}
	counter := C.bool(sample.Kind == telemetry.Counter)
	return family{
		metric: C.o365_metric(b.api, b.ins, counter, name, help, labels),
		put:    C.o365_putter(counter),
		labels: labels,
	}
}

func (m *metrics) update(s *series, sample telemetry.Sample, at C.uint64_t) {
	value := sample.Value
	if sample.Kind == telemetry.Counter {
		value -= s.last
		s.last = sample.Value
	}
	C.o365_put_metric(s.put, s.metric, at, C.double(value), s.labels, m.instance, s.contentType)
}

// forget frees our copies; the metrics themselves go with the instance.
func (m *metrics) forget() {
	if m == nil {
		return
	}
	for _, s := range m.series {
		C.free(unsafe.Pointer(s.contentType))
	}
	C.free(unsafe.Pointer(m.instance))
}
