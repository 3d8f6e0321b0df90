package gold

// Join says that a field is looked up in another dataset: it is the field of the row of Version whose Key equals On. If
// there is no such row, it is null. With Next, that row looks the field up in turn, by its own field Next.On.
type Join struct {
	Version *Version
	On, Key string
	Next    *Join
}

// MaxJoins is the largest number of datasets that a field is looked up over.
const MaxJoins = 3

// Last returns the version that has the looked-up field.
func (j *Join) Last() *Version {
	for j.Next != nil {
		j = j.Next
	}
	return j.Version
}

// Versions returns the versions that a field is looked up over, the one that has it last; none for a nil Join.
func (j *Join) Versions() []*Version {
	var versions []*Version
	for ; j != nil; j = j.Next {
		versions = append(versions, j.Version)
	}
	return versions
}

// Equal reports whether two joins find the same rows; nil equals nil alone.
func (j *Join) Equal(other *Join) bool {
	for ; j != nil && other != nil; j, other = j.Next, other.Next {
		if j == other {
			return true
		}
		if j.Version != other.Version || j.On != other.On || j.Key != other.Key {
			return false
		}
	}
	return j == nil && other == nil
}

// Follows reports whether the join goes over the steps of a path; nil goes over none.
func (j *Join) Follows(path []Lookup) bool {
	for _, step := range path {
		if j == nil || j.Version.Dataset.Name != step.Dataset || j.On != step.On || j.Key != step.Key {
			return false
		}
		j = j.Next
	}
	return j == nil
}

// By returns the join that begins with another field of the asking rows.
func (j *Join) By(on string) *Join { return &Join{j.Version, on, j.Key, j.Next} }

// Owner returns the dataset that has a field which the rows of a version have, or look up by a join that isn't nil.
func (v *Version) Owner(j *Join) *Dataset {
	if j == nil {
		return &v.Dataset
	}
	return &j.Last().Dataset
}

// FieldOf returns the field of a name that the rows of a version have, or look up by a join that isn't nil; nil if there
// is none.
func (v *Version) FieldOf(name string, j *Join) *Field { return v.Owner(j).Field(name) }
