package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow kstatus: Reconciling and Stalled are there only while true, and
// Stalled means that a person must act.
const (
	ConditionReady       = "Ready"
	ConditionReconciling = "Reconciling"
	ConditionStalled     = "Stalled"

	// ConditionPublished on a Post: what was to go out is on the network.
	ConditionPublished = "Published"
	// ConditionHeld on a Post: it is due, and something keeps it from going out for now.
	ConditionHeld = "Held"
	// ConditionApproved on a Post that needs approval: enough people agreed with this very content.
	ConditionApproved = "Approved"
	// ConditionInSync on a Post that went out: what is on the network is what the spec says.
	ConditionInSync = "InSync"
	// ConditionReturned on a Post: a Crisis held it past its time, and the time that it may be late counts from its return.
	ConditionReturned = "Returned"
	// ConditionPostsPlanned on a ContentCalendar: every Post of the horizon exists.
	ConditionPostsPlanned = "PostsPlanned"
	// ConditionCredentialsValid on a SocialChannel: the network accepted the credentials.
	ConditionCredentialsValid = "CredentialsValid"
	// ConditionReachable on a SocialChannel: the network answers.
	ConditionReachable = "Reachable"
	// ConditionRateLimited on a SocialChannel: the network asked us to wait.
	ConditionRateLimited = "RateLimited"
	// ConditionCredentialsExpiring on a SocialChannel: the credentials run out soon.
	ConditionCredentialsExpiring = "CredentialsExpiring"
	// ConditionProfileInSync on a SocialChannel with a profile: the account shows it.
	ConditionProfileInSync = "ProfileInSync"
	// ConditionListening on a SocialChannel with listening: what is said there is read.
	ConditionListening = "Listening"

	// ConditionRulesCompiled on a CommunityPolicy: its rules make sense, and its lists can be read.
	ConditionRulesCompiled = "RulesCompiled"
	// ConditionTestsPassed on a CommunityPolicy: all of its tests pass.
	ConditionTestsPassed = "TestsPassed"
	// ConditionCircuitOpen on a CommunityPolicy: more was to be done than its limits allow; actions are held for a person.
	ConditionCircuitOpen = "CircuitOpen"
	// ConditionEnforceable on a CommunityPolicy: its channels can do and may do what its rules ask.
	ConditionEnforceable = "Enforceable"
	// ConditionDecided on a CommunityCase: a person decided.
	ConditionDecided = "Decided"
	// ConditionEnforced on a CommunityCase: what was decided is done.
	ConditionEnforced = "Enforced"

	// ConditionAcknowledged on a Crisis: a person has taken it.
	ConditionAcknowledged = "Acknowledged"
	// ConditionPostsHeld on a Crisis: no Post that it selects begins to go out any more.
	ConditionPostsHeld = "PostsHeld"
	// ConditionStoodDown on a Crisis: it is over, and what it held was dealt with.
	ConditionStoodDown = "StoodDown"
)

// Reasons of conditions and events.
const (
	// Any kind.
	ReasonReconciling = "Reconciling"
	ReasonSuspended   = "Suspended"
	ReasonInvalidSpec = "InvalidSpec"

	// Post.
	ReasonScheduled             = "Scheduled"
	ReasonPublishing            = "Publishing"
	ReasonPublished             = "Published"
	ReasonAdopted               = "Adopted"
	ReasonMissed                = "Missed"
	ReasonRefused               = "Refused"
	ReasonUnknown               = "OutcomeUnknown"
	ReasonNameAlreadyPublished  = "NameAlreadyPublished"
	ReasonEditedWhilePublishing = "EditedWhilePublishing"
	ReasonDeletedOnNetwork      = "DeletedOnNetwork"
	ReasonKeysTaken             = "KeysTaken"
	ReasonChannelNotFound       = "ChannelNotFound"
	ReasonChannelNotReady       = "ChannelNotReady"
	ReasonChannelSuspended      = "ChannelSuspended"
	ReasonCalendarSuspended     = "CalendarSuspended"
	ReasonCalendarGone          = "CalendarGone"
	ReasonRateLimited           = "RateLimited"
	ReasonCreatedLate           = "CreatedLate"
	ReasonClockSkew             = "ClockSkew"
	ReasonNetworkUnavailable    = "NetworkUnavailable"
	ReasonMediaUnavailable      = "MediaUnavailable"
	ReasonResolved              = "Resolved"
	ReasonFrozen                = "Frozen"
	ReasonWaitingToTryAgain     = "WaitingToTryAgain"
	ReasonLedgerUnavailable     = "LedgerUnavailable"
	ReasonGateUnavailable       = "GateUnavailable"
	ReasonLookingUp             = "LookingUp"
	ReasonPartlyPublished       = "PartlyPublished"
	ReasonCrisis                = "Crisis"
	ReasonBlackout              = "Blackout"
	ReasonQuietHours            = "QuietHours"
	ReasonMinInterval           = "MinInterval"
	ReasonDailyLimit            = "DailyLimit"
	ReasonCatchUp               = "CatchUp"
	ReasonAwaitingApproval      = "AwaitingApproval"
	ReasonRejected              = "Rejected"
	ReasonApproved              = "Approved"
	ReasonUnverified            = "Unverified"
	ReasonAwaitingReview        = "AwaitingReview"
	// ReasonNoConsent: who is quoted does not agree, or does not any more.
	ReasonNoConsent         = "NoConsent"
	ReasonAwaitingPerson    = "AwaitingPerson"
	ReasonWaitingFor        = "WaitingFor"
	ReasonPossibleDuplicate = "PossibleDuplicate"
	ReasonUnpublished       = "Unpublished"
	ReasonInSync            = "InSync"
	ReasonEdited            = "Edited"
	ReasonEditFailed        = "EditFailed"
	ReasonEditNotSupported  = "EditNotSupported"
	ReasonChangedOnNetwork  = "ChangedOnNetwork"
	ReasonRemovedOnNetwork  = "RemovedOnNetwork"

	// Post that a Crisis held past its time, and Crisis.
	ReasonReturned        = "Returned"
	ReasonOpen            = "Open"
	ReasonInFlight        = "InFlight"
	ReasonHolding         = "Holding"
	ReasonNoChannels      = "NoChannels"
	ReasonDeletedButHolds = "DeletedButHolds"
	ReasonStandingDown    = "StandingDown"
	ReasonResuming        = "Resuming"
	ReasonReturning       = "Returning"
	ReasonStoodDown       = "StoodDown"
	ReasonAcknowledged    = "Acknowledged"
	ReasonNobodyYet       = "NobodyYet"
	ReasonRestored        = "Restored"

	// ContentCalendar.
	ReasonPlanned        = "Planned"
	ReasonInvalidEntries = "InvalidEntries"
	ReasonTooManyPosts   = "TooManyPosts"
	ReasonPastEntries    = "PastEntriesIgnored"
	ReasonPostsFailed    = "PostsFailed"
	// ReasonFeedUnavailable: a feed cannot be read now. What was planned goes out, and it is read again.
	ReasonFeedUnavailable = "FeedUnavailable"
	ReasonFeedRead        = "FeedRead"
	// ReasonFeedIncomplete: not all items of a feed go out, or not yet. The message says why.
	ReasonFeedIncomplete = "FeedIncomplete"
	ReasonEntriesMissing = "EntriesMissing"
	// ReasonNothingCurated: entries with fromCurated have nothing to quote, and make no Post.
	ReasonNothingCurated = "NothingCurated"

	// SocialChannel.
	ReasonSignedIn            = "SignedIn"
	ReasonSecretNotFound      = "SecretNotFound"
	ReasonSecretNotLabelled   = "SecretNotLabelled"
	ReasonSecretForbidden     = "SecretForbidden"
	ReasonSecretKeyMissing    = "SecretKeyMissing"
	ReasonCredentialsRefused  = "CredentialsRefused"
	ReasonAccountMismatch     = "AccountMismatch"
	ReasonAccountChanged      = "AccountChanged"
	ReasonNetworkNotAvailable = "NetworkNotAvailable"
	ReasonUnreachable         = "Unreachable"
	ReasonReachable           = "Reachable"
	ReasonRehearsal           = "Rehearsal"
	ReasonExpiresSoon         = "ExpiresSoon"
	ReasonProfileSet          = "ProfileSet"
	ReasonProfileDrift        = "ProfileDrift"
	ReasonProfileRefused      = "ProfileRefused"
	ReasonProfileNotSupported = "ProfileNotSupported"

	// CommunityPolicy.
	ReasonInForce          = "InForce"
	ReasonAuditing         = "Auditing"
	ReasonDormant          = "Dormant"
	ReasonWrongRules       = "WrongRules"
	ReasonCompiled         = "Compiled"
	ReasonTestsFailed      = "TestsFailed"
	ReasonTestsPassed      = "TestsPassed"
	ReasonLimitReached     = "LimitReached"
	ReasonWithinLimits     = "WithinLimits"
	ReasonEnforceable      = "Enforceable"
	ReasonCannotBeDone     = "CannotBeDone"
	ReasonForbiddenByTerms = "ForbiddenByTerms"

	// SocialChannel that listens.
	ReasonListening        = "Listening"
	ReasonRecordingPast    = "RecordingPast"
	ReasonCannotListen     = "CannotListen"
	ReasonListeningFailed  = "ListeningFailed"
	ReasonListeningStarted = "Starting"

	// CommunityCase.
	ReasonSnoozed         = "Snoozed"
	ReasonDecided         = "Decided"
	ReasonEnforced        = "Enforced"
	ReasonEnforceFailed   = "EnforceFailed"
	ReasonClosedElsewhere = "ClosedElsewhere"
)

// Labels and annotations.
const (
	// LabelCalendar, LabelEntry and LabelChannel tell where a Post comes from; LabelPillar and LabelCampaign what it is for.
	LabelCalendar = "tribune.dev/calendar"
	LabelEntry    = "tribune.dev/entry"
	LabelChannel  = "tribune.dev/channel"
	LabelPillar   = "tribune.dev/pillar"
	LabelCampaign = "tribune.dev/campaign"
	// LabelManagedBy marks the objects that Tribune owns.
	LabelManagedBy = "app.kubernetes.io/managed-by"

	// FinalizerCrisis keeps a Crisis that is deleted until it was stood down.
	FinalizerCrisis = "tribune.dev/stand-down"

	// AnnotationOccurrence is the local date, or date and time, that a calendar made a Post for.
	AnnotationOccurrence = "tribune.dev/occurrence"
	// AnnotationQueued marks the Posts of entries with slot: that they exist is how their calendar knows that a turn was taken.
	AnnotationQueued = "tribune.dev/queued"
	// AnnotationReconcileRequest asks for a reconcile now; any new value does.
	AnnotationReconcileRequest = "tribune.dev/reconcile-requested-at"
)
