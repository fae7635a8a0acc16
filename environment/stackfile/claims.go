package stackfile

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"bastide/environment"
)

// Claims are the claims of all environments of the project in a folder. An invalid
// network block claims nothing; environment.Load reports it, with a better message.
func Claims(root string) (claims []environment.Claim, err error) {
	for _, name := range Environments(root) {
		file, err := Read(root, name)
		if err != nil {
			return nil, err
		}
		claims = append(claims, file.Claim(name))
	}
	return claims, nil
}

// Claim is what the environment claims.
func (f File) Claim(name string) environment.Claim {
	claim := environment.Claim{Environment: name}
	claim.Project, _ = f.Settings["gcp:project"].(string)
	claim.Block, _ = netip.ParsePrefix(fmt.Sprint(f.Settings[environment.Namespace+":networkCidr"]))
	return claim
}

// Disjoint returns an error if the claims of two environments collide.
func Disjoint(root string) error {
	claims, err := Claims(root)
	if err != nil {
		return err
	}
	if wrong := environment.Collisions(claims); len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	return nil
}

// PrivateRanges are the private admin ranges of all environments, as far as they are not
// encrypted. Administrators could not reach a network block that overlaps their range.
func PrivateRanges(root string) (ranges []netip.Prefix, err error) {
	for _, name := range Environments(root) {
		file, err := Read(root, name)
		if err != nil {
			return nil, err
		}
		elements, _ := file.Settings[environment.Namespace+":privateAdminCidrs"].([]any)
		for _, element := range elements {
			if prefix, err := netip.ParsePrefix(fmt.Sprint(element)); err == nil {
				ranges = append(ranges, prefix)
			}
		}
	}
	return ranges, nil
}
