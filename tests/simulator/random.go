package simulator

// random is splitmix64 (Steele, Lea, Flood 2014): a word of state, as quick as
// the generator needs it, and the same on every machine and release of Go.
type random struct{ state uint64 }

// golden is the increment of splitmix64.
const golden = 0x9e3779b97f4a7c15

// mix is the finalizer of splitmix64, a bijection: different in, different out.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// newRandom returns a generator for a place within a seed.
func newRandom(seed, stream, number uint64) random {
	state := mix(seed + golden)
	state = mix(state ^ stream + golden)
	return random{mix(state ^ number + golden)}
}

func (r *random) next() uint64 {
	r.state += golden
	return mix(r.state)
}

// intn returns a number in [0, n). Its bias is below 1e-15 for the small n used.
func (r *random) intn(n int) int {
	return int(r.next() % uint64(n)) //nolint:gosec // n is a small positive constant or length
}

func (r *random) between(low, high int) int { return low + r.intn(high-low+1) }

// chance reports true percent times in a hundred.
func (r *random) chance(percent int) bool { return r.intn(100) < percent }

func pick[T any](r *random, list []T) T { return list[r.intn(len(list))] }

// hashText is FNV-1a.
func hashText(text string) uint64 {
	sum := uint64(14695981039346656037)
	for i := range len(text) {
		sum = (sum ^ uint64(text[i])) * 1099511628211
	}
	return sum
}
