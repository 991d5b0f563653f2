namespace CredentialBroker.Protocol.Selectors;

/// <summary>The one query language of API, CLI and console: terms that must all hold.</summary>
/// <param name="Terms">The comparisons; empty selects everything.</param>
public sealed partial record Selector(IReadOnlyList<Term> Terms);
