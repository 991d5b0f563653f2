using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Controls;

/// <summary>A selector under which nothing is issued or renewed until it is lifted.</summary>
internal sealed record Freeze(string Id, string SelectorText, Selector Selector, string Reason, string By, long At, long? ExpiresAt);

/// <summary>A selector under which automatic ends wait; always expires, at most 24 h after it was set.</summary>
internal sealed record Hold(string Id, string SelectorText, Selector Selector, string Reason, string By, long At, long ExpiresAt);

/// <summary>What was stopped at one control epoch. A grant decided on this is written only while the epoch still stands.</summary>
internal sealed record ControlSnapshot(long Epoch, IReadOnlyList<Freeze> Freezes, IReadOnlyList<Hold> Holds);
