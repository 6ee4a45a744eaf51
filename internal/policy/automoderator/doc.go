// Package automoderator makes CommunityPolicies of the rules of Reddit's AutoModerator, so that each rule keeps its meaning or is
// listed with its line and the reason. It is pure: text in, objects and a report out. It must not know the cluster nor files;
// of the engine it asks only whether it takes what was made.
//
// # What things are
//
// A comment is an item of the kinds Comment and Reply, a submission one of the kind Mention: what someone publishes by themselves
// and addresses to us. Items have a text and no title: as AutoModerator leaves out fields that a comment does not have,
// title is left out of title+body; a rule about title alone is not imported (Options.TitleAsText takes the text for it). Links of
// an item are its url and domain, several are taken like fields joined by +: one is enough, and ~ wants none. An item without links
// and media is a text submission, and has the domain self.NAME. Moderators are the roles Team and Moderator.
//
// # Words
//
// All searches become regular expressions on the view Raw, as AutoModerator neither folds accents nor knows words of languages
// without spaces (see package pyre).
//
// # Order
//
// AutoModerator has two phases. Rules that remove (remove, spam, filter) are asked first, by priority and then by place, and the
// first that matches ends everything. Only for what was not removed are all others asked, in the same order. Here:
//
//   - Rules that remove become Hide, which can be taken back as a removal can on Reddit, with priorities from 1000 downwards, one
//     each: the first that matches decides, as in phase one.
//   - All others have priorities from 500 downwards, so that a removal always decides before them. report becomes Review: it
//     stays, and a person decides. A comment becomes a reply, which the engine only gives to what is allowed. approve becomes Allow
//     at -500 and below, so that it ends nothing that AutoModerator would have asked.
//   - Actions that the engine does for every rule that matches (label, route), and for every rule with the outcome in force (warn), would
//     be done by rules that AutoModerator never reached. Such a rule also gets the opposite of each rule that removes and stands
//     before it. Where that cannot be said, the action is left out and listed.
//
// A rule that exempts moderators has none of them in its match, so that no exemption of the whole policy is needed.
package automoderator
