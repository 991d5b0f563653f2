namespace CredentialBroker.Protocol.Keys;

/// <summary>One of the broker's own keys: its name and its times, nothing of itself.</summary>
/// <param name="Kid">Name; of a signing key the RFC 7638 thumbprint.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="State"><c>published</c> and not signing yet, <c>signing</c>, <c>retiring</c> while what it signed may live, or <c>retired</c>.</param>
/// <param name="MadeAt">When it was made and published.</param>
/// <param name="SignsFrom">When it signs first.</param>
/// <param name="RetiresAt">When it is retired; known once it has a successor.</param>
public sealed record KeyView(string Kid, string Purpose, string State, DateTimeOffset MadeAt, DateTimeOffset SignsFrom, DateTimeOffset? RetiresAt = null);

/// <summary>All of the broker's own keys, oldest first.</summary>
public sealed record KeyList(IReadOnlyList<KeyView> Keys);
