package policy

import (
	"fmt"
	"slices"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// Channel is what a channel can and may.
type Channel struct {
	Name, Network string
	Abilities     []network.Ability
	Automation    []network.Automation
}

// Can is true if the channel has an ability.
func (c *Channel) Can(a network.Ability) bool { return slices.Contains(c.Abilities, a) }

// May is true if the network's rules allow an automation.
func (c *Channel) May(a network.Automation) bool { return slices.Contains(c.Automation, a) }

// Unenforceable says what a rule asks for that a channel cannot do, or may not.
type Unenforceable struct {
	// Rule is the rule's name, or welcome, or strikes.
	Rule, Channel, Reason string
	// Path of the field. Forbidden: the network's rules forbid it, which is an error of the policy and no lack of the channel.
	Path      string
	Forbidden bool
}

// ability that an action needs; empty: none.
var ability = map[string]network.Ability{
	ActHide: network.AbilityHide, ActRemove: network.AbilityRemove, ActWarn: network.AbilityDirect, ActMute: network.AbilityMute,
	ActLockThread: network.AbilityLockThread, ActSlowMode: network.AbilitySlowMode,
	ActBlock: network.AbilityBlock, ActReport: network.AbilityReport, ActReact: network.AbilityReact, ActReply: network.AbilityReply, ActThank: network.AbilityReply,
	ActRoute: "", ActNotify: "", ActLabel: "", ActStrike: "", ActReview: "", ActCurate: "", ActShare: "", ActIntroduce: "",
}

// automation that an action is.
var automation = map[string]network.Automation{ActReact: network.AutoReact, ActReply: network.AutoReplyWhenAddressed, ActThank: network.AutoReplyWhenAddressed, ActWelcome: network.AutoWelcome}

// Instead says whether a channel can do an action and may do it by itself; if not, why, and that a person is asked.
func Instead(kind string, c *Channel) (reason string, forbidden bool) {
	if needed, ok := automation[kind]; ok && !c.May(needed) {
		return fmt.Sprintf("the rules of %s forbid to %s automatically (%s)", c.Network, kind, needed), true
	}
	if needed := ability[kind]; needed != "" && !c.Can(needed) {
		return fmt.Sprintf("%s has no ability %s: a case is opened instead", c.Network, needed), false
	}
	return "", false
}

// Unenforceable looks at all rules on all channels.
func (p *Policy) Unenforceable(channels []Channel) []Unenforceable {
	var out []Unenforceable
	for i := range channels {
		c := &channels[i]
		for k := range p.rules {
			r := &p.rules[k]
			if len(r.channels) > 0 && !slices.ContainsFunc(r.channels, func(ref tribunev1alpha1.LocalReference) bool { return string(ref.Name) == c.Name }) {
				continue
			}
			out = append(out, p.ruleOn(r, c)...)
		}
		out = append(out, p.ladderOn(c)...)
		if w := p.spec.Welcome; w != nil {
			out = append(out, welcomeOn(w, c)...)
		}
	}
	return out
}

func (p *Policy) ruleOn(r *rule, c *Channel) []Unenforceable {
	var out []Unenforceable
	if kind := outcomeAction(r.outcome); kind != "" {
		if reason, _ := Instead(kind, c); reason != "" {
			out = append(out, Unenforceable{Rule: r.name, Channel: c.Name, Reason: reason, Path: r.path + ".outcome"})
		}
	}
	for n := range r.actions {
		kind := KindOf(&r.actions[n])
		if reason, forbidden := Instead(kind, c); reason != "" {
			out = append(out, Unenforceable{Rule: r.name, Channel: c.Name, Reason: reason, Forbidden: forbidden, Path: fmt.Sprintf("%s.actions[%d].%s", r.path, n, kind)})
		}
	}
	return out
}

func (p *Policy) ladderOn(c *Channel) []Unenforceable {
	var out []Unenforceable
	for _, step := range p.ladder {
		kind := map[tribunev1alpha1.StrikeActionName]string{
			tribunev1alpha1.StrikeMute: ActMute, tribunev1alpha1.StrikeBlock: ActBlock, // a Warn without direct messages is nothing, as documented
		}[step.Action]
		if kind == "" {
			continue
		}
		if reason, _ := Instead(kind, c); reason != "" {
			out = append(out, Unenforceable{Rule: "strikes", Channel: c.Name, Reason: reason, Path: "spec.strikes.ladder"})
		}
	}
	return out
}

// welcomeOn: to greet who joins is always allowed; to greet strangers who follow only where the network's rules say so.
func welcomeOn(w *tribunev1alpha1.WelcomePolicy, c *Channel) []Unenforceable {
	if !slices.Contains(w.On, tribunev1alpha1.WelcomeKind(tribunev1alpha1.ItemFollow)) || c.May(network.AutoWelcome) {
		return nil
	}
	return []Unenforceable{{Rule: "welcome", Channel: c.Name, Forbidden: true, Path: "spec.welcome.on",
		Reason: fmt.Sprintf("the rules of %s forbid to greet who follows (%s): greet who joins, or leave the channel out", c.Network, network.AutoWelcome)}}
}
