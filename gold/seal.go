package gold

import (
	"crypto/sha256"
	"encoding/json"
	"sync"
)

// Seals decodes the seals that a store has of a model's versions, and remembers what it returned last: each publish reads them all a few
// times, and a store that is published to every few seconds has hundreds. The zero value is ready to use; it is safe for concurrent use.
type Seals struct {
	mu        sync.Mutex
	known     map[string]map[[sha256.Size]byte]Version // by model, and the seal
	contracts map[[sha256.Size]byte]Dataset
}

// sealed is a version whose contract is not decoded.
type sealed struct {
	Contract json.RawMessage `json:"dataset"`
	Version
}

// Decode returns the versions of seals, in their order; with an error, those before the seal that can't be decoded. What they point to is
// shared, and must not be changed.
func (s *Seals) Decode(model string, seals []string) ([]Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions, read := make([]Version, 0, len(seals)), make(map[[sha256.Size]byte]Version, len(seals))
	for _, seal := range seals {
		sum := sha256.Sum256([]byte(seal))
		v, ok := s.known[model][sum]
		if !ok {
			var err error
			if v, err = s.decode(seal); err != nil {
				return versions, err
			}
		}
		read[sum] = v
		versions = append(versions, v)
	}
	if s.known == nil {
		s.known = map[string]map[[sha256.Size]byte]Version{}
	}
	s.known[model] = read
	return versions, nil
}

func (s *Seals) decode(seal string) (Version, error) {
	var v sealed
	if err := json.Unmarshal([]byte(seal), &v); err != nil {
		return Version{}, err
	}
	sum := sha256.Sum256(v.Contract)
	d, ok := s.contracts[sum]
	if !ok {
		if err := json.Unmarshal(v.Contract, &d); err != nil {
			return Version{}, err
		}
		if s.contracts == nil || len(s.contracts) >= maxContracts {
			s.contracts = map[[sha256.Size]byte]Dataset{}
		}
		s.contracts[sum] = d
	}
	v.Dataset = d
	return v.Version, nil
}
