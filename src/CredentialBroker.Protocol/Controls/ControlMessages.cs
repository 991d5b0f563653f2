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

/// <summary>State of one replica, for people and probes.</summary>
/// <param name="Status"><c>ready</c> or <c>unavailable</c>.</param>
/// <param name="Leases">Leases that are not over.</param>
/// <param name="Overdue">Leases whose end is late by more than a minute.</param>
/// <param name="Stuck">Leases whose ending failed often.</param>
/// <param name="ExportLag">Audit records that the export furthest behind has not delivered, as this replica last saw it.</param>
public sealed record HealthView(string Status, long? Leases = null, long? Overdue = null, long? Stuck = null, long? ExportLag = null);
