namespace CredentialBroker.Protocol.Incidents;

/// <summary>Body of <c>PUT /v1/selectors/{name}</c>.</summary>
/// <param name="Selector">The selector.</param>
/// <param name="Note">What it is for.</param>
public sealed record SelectorRequest(string Selector, string Note = "");

/// <summary>A selector under a name, for people to use again.</summary>
/// <param name="Name">Its name: lower-case letters, digits and dashes.</param>
/// <param name="Selector">The selector.</param>
/// <param name="Note">What it is for.</param>
/// <param name="Owner">Who saved it last.</param>
/// <param name="ChangedAt">When.</param>
public sealed record SavedSelector(string Name, string Selector, string Note, string Owner, DateTimeOffset ChangedAt);

/// <summary>Saved selectors, by name.</summary>
public sealed record SelectorList(IReadOnlyList<SavedSelector> Selectors);
