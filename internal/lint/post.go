package lint

import tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"

// waits checks what a Post that a person wrote waits for.
func (c *checker) waits(r *readable, post *tribunev1alpha1.Post) {
	const itself = "is this Post itself: it would wait for ever"
	if a := post.Spec.After; a != nil && a.PostRef.Name == post.Name {
		c.add(r.finding(Error, "spec.after.postRef.name", itself))
	}
	l := post.Spec.Content.Link
	if l == nil {
		return
	}
	if l.Entry != "" {
		c.add(r.finding(Error, "spec.content.link.entry", "is for calendars: name the Post with postRef"))
	}
	if l.PostRef != nil && l.PostRef.Name == post.Name {
		c.add(r.finding(Error, "spec.content.link.postRef.name", itself))
	}
}
