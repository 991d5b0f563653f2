namespace CredentialBroker.Protocol.Hosts;

/// <summary>What the node of a container host tells: how its engine stands, what was asked of it, and by whom.</summary>
/// <param name="Id">Name of this report; the same one again changes nothing.</param>
/// <param name="Engine">How the engine stands.</param>
/// <param name="Records">What is told one by one, at most 200.</param>
/// <param name="Uses">What is told in sums, at most 500.</param>
/// <param name="Dropped">Records that there was no room for.</param>
public sealed record HostReport(string Id, EngineStanding Engine, IReadOnlyList<ContainerRecord> Records, IReadOnlyList<EngineUse> Uses, long Dropped = 0);

/// <summary>How far an engine shows its plugin what it does.</summary>
/// <param name="Version">The engine's version, as it says.</param>
/// <param name="Trust"><c>trusted</c>, <c>untrusted</c> or <c>excepted</c>.</param>
/// <param name="Reason">What the self-test found; absent when it found nothing.</param>
/// <param name="Exception">Name of the exception under which an untrusted engine is used.</param>
/// <param name="Until">When that exception is over.</param>
public sealed record EngineStanding(string Version, string Trust, string? Reason = null, string? Exception = null, DateTimeOffset? Until = null);

/// <summary>One request to a container engine, or one thing seen there.</summary>
/// <param name="Kind"><c>privileged_request</c>, <c>refused</c>, <c>bound</c> or <c>unapproved</c>.</param>
/// <param name="At">When.</param>
/// <param name="Allowed">Whether the gate let it through.</param>
/// <param name="Caller">Common name of the caller's certificate; <c>anonymous</c> for the engine's own socket.</param>
/// <param name="Uri">The certificate's URI name.</param>
/// <param name="Serial">The certificate's serial number.</param>
/// <param name="Request">Method and path.</param>
/// <param name="Code">Reason code of a refusal.</param>
/// <param name="Container">The container's id, where there is one.</param>
/// <param name="Image">Digest of its image.</param>
/// <param name="Resources">Every resource of the host that was asked for, each in one exact line; at most 64.</param>
public sealed record ContainerRecord(
    string Kind, DateTimeOffset At, bool Allowed, string Caller, string? Uri = null, string? Serial = null, string? Request = null, string? Code = null, string? Container = null, string? Image = null,
    IReadOnlyList<string>? Resources = null);

/// <summary>How often one caller did one thing at an engine.</summary>
/// <param name="Caller">Common name of the caller's certificate; <c>anonymous</c> for the engine's own socket.</param>
/// <param name="Uri">The certificate's URI name; empty for none.</param>
/// <param name="Group">The caller's class at the host; empty for none.</param>
/// <param name="Request">Method and path, with <c>*</c> for names.</param>
/// <param name="Count">How often.</param>
/// <param name="Last">When last.</param>
public sealed record EngineUse(string Caller, string Uri, string Group, string Request, long Count, DateTimeOffset Last);

/// <summary>What became of a report.</summary>
/// <param name="Records">Records that were new.</param>
/// <param name="Known">Whether the whole report was known.</param>
/// <param name="Accepted">Whether approvals of this host are accepted.</param>
/// <param name="Reason">Why not.</param>
public sealed record HostReceipt(int Records, bool Known, bool Accepted, string? Reason = null);

/// <summary>A container host as it is known.</summary>
/// <param name="Host">Its name, which is that of its approval source.</param>
/// <param name="Version">The engine's version.</param>
/// <param name="Trust"><c>trusted</c>, <c>untrusted</c>, <c>excepted</c>, or <c>unheard</c> before its first report.</param>
/// <param name="Reason">What the self-test found.</param>
/// <param name="Exception">The exception that it is used under.</param>
/// <param name="Until">When that is over.</param>
/// <param name="HeardAt">When it told last.</param>
/// <param name="Silent">Whether that is too long ago.</param>
/// <param name="Accepted">Whether its approvals are accepted.</param>
public sealed record HostView(string Host, string Trust, bool Silent, bool Accepted, string? Version = null, string? Reason = null, string? Exception = null, DateTimeOffset? Until = null, DateTimeOffset? HeardAt = null);

/// <summary>All configured container hosts.</summary>
public sealed record HostList(IReadOnlyList<HostView> Hosts);

/// <summary>Who was seen at a host's engine, and what they did there (R48).</summary>
/// <param name="Host">The host.</param>
/// <param name="Callers">How many different callers there were.</param>
/// <param name="Anonymous">How often the engine was asked over its own socket, by nobody in particular.</param>
/// <param name="Uses">Each caller and request, last use first.</param>
public sealed record HostExposureView(string Host, int Callers, long Anonymous, IReadOnlyList<EngineUse> Uses);
