package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/dsa"
	"github.com/tribune-dev/tribune/internal/store"
)

// dsaFlags say how statements of reasons are written.
type dsaFlags struct {
	until, namespace, termsURL string
	categories, territory      []string
}

func (f *dsaFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.until, "until", "", "with dsa: leave out what began from then on: written as --since (default: none)")
	flags.StringVarP(&f.namespace, "namespace", "n", "", "with dsa: of this namespace (default: of all)")
	flags.StringArrayVar(&f.categories, "category", nil, "with dsa: category of a rule or label, repeatable: scams=scams-and-fraud, house-rules/insults=illegal-or-harmful-speech, "+
		"label:spam=scams-and-fraud; '*' is for all others (default: other-violation-tc)")
	flags.StringVar(&f.termsURL, "terms-url", "", "with dsa: where the house rules can be read")
	flags.StringSliceVar(&f.territory, "territory", nil, "with dsa: countries where restrictions hold, such as DE,AT (default: the European Economic Area)")
}

// unused is an error if one of the flags is given that go with dsa alone.
func (f *dsaFlags) unused(cmd *cobra.Command) error {
	for _, name := range []string{"until", "namespace", "category", "terms-url", "territory"} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--%s goes with --format dsa", name)
		}
	}
	return nil
}

func (f *dsaFlags) options() (*dsa.Options, error) {
	o := &dsa.Options{Categories: map[string]string{}, TermsURL: f.termsURL}
	for _, c := range f.categories {
		key, name, ok := strings.Cut(c, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--category %s: write rule=category, policy/rule=category, label:name=category or *=category", c)
		}
		category, err := dsa.Category(name)
		if err != nil {
			return nil, fmt.Errorf("--category %s: %w", c, err)
		}
		o.Categories[key] = category
	}
	for _, country := range f.territory {
		country = strings.ToUpper(strings.TrimSpace(country))
		if !slices.Contains(dsa.EEA, country) {
			return nil, fmt.Errorf("--territory %s: use codes of countries of the European Economic Area: %s", country, strings.Join(dsa.EEA, ", "))
		}
		o.Territory = append(o.Territory, country)
	}
	return o, nil
}

// export writes statements of reasons, one a line. One that the database would refuse is left out, and is an error in the end.
func (f *dsaFlags) export(cmd *cobra.Command, l *ledgerFlags, since, now time.Time) error {
	o, err := f.options()
	if err != nil {
		return usageError{err}
	}
	until, err := pastInstant(f.until, now)
	if err != nil {
		return usageError{errors.New(strings.Replace(err.Error(), "--since", "--until", 1))}
	}
	r, err := openLedger(cmd, l)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10)
	written, refused, first := 0, 0, error(nil)
	err = r.Enforcements(cmd.Context(), store.EnforcementFilter{Namespace: f.namespace, Since: since, Until: until}, func(e *store.Enforcement) error {
		s := statementOf(e, o)
		if err := s.Validate(); err != nil {
			if refused++; first == nil {
				first = fmt.Errorf("%s: %w", s.PUID, err)
			}
			return nil
		}
		written++
		return writeStatement(out, &s)
	})
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d statements would be refused and were left out, such as %w", refused, refused+written, first)
	}
	return nil
}

func statementOf(e *store.Enforcement, o *dsa.Options) dsa.Statement {
	return dsa.Of(&dsa.Enforcement{
		Namespace: e.Key.Namespace, Account: e.Key.Account, Item: e.Key.ID, Kind: dsa.Kind(e.Kind), Policy: e.Policy, Rule: e.Rule, Labels: e.Labels,
		ByPerson: e.ByPerson, Language: e.Language, Media: e.Media, SaidAt: e.SaidAt, AppliedAt: e.AppliedAt, EndsAt: e.EndsAt,
	}, o)
}

func writeStatement(out io.Writer, s *dsa.Statement) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(s)
}
