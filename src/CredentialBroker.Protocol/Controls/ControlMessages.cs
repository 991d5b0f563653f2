namespace CredentialBroker.Protocol.Controls;

/// <summary>Body of <c>POST /v1/freezes</c> and <c>POST /v1/holds</c>.</summary>
/// <param name="Selector">What it covers; <c>--all</c> for everything.</param>
/// <param name="Reason">Why; recorded.</param>
/// <param name="For">How long, such as <c>2h</c>. A freeze without it stands until lifted; a hold lasts at most 24 h.</param>
public sealed record ControlRequest(string Selector, string Reason, string? For = null);

/// <summary>A freeze or hold in force.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Selector">What it covers.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">Who set it.</param>
/// <param name="At">When.</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
public sealed record ControlView(string Id, string Selector, string Reason, string By, DateTimeOffset At, DateTimeOffset? ExpiresAt = null);

/// <summary>Freezes or holds in force.</summary>
public sealed record ControlList(IReadOnlyList<ControlView> Items);
