package telemetry

// Kind says how a metric behaves.
type Kind int

// A counter only rises, from 0 at the start of the instance; a gauge shows a
// state.
const (
	Counter Kind = iota + 1
	Gauge
)

// Label tells series of one metric apart.
type Label struct{ Key, Value string }

// Sample is the present value of one series. The bridge publishes it in Fluent
// Bit's own metrics as fluentbit_office365_<Name> with the label name (the
// instance) and then its Labels, whose keys and order are the same in all
// samples of a Name.
//
// What exists is decided by the first samples, which are taken in Init: Fluent
// Bit lists metrics on its main thread without asking, and a metric that came
// later would change the list under its hands. So samples always come complete,
// with 0 for what has not happened yet.
type Sample struct {
	Kind   Kind
	Name   string // as Prometheus has it: contents_total, lag_seconds
	Help   string
	Labels []Label
	Value  float64
}
