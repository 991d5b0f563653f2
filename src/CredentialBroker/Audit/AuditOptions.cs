using CredentialBroker.Audit.Exports;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit;

/// <summary>Section <c>Audit</c>: how evidence is signed, exported and kept.</summary>
internal sealed record AuditOptions
{
    /// <summary>Name of the log in its checkpoints, such as <c>broker.example/audit</c>. Default: host and path of the public address. Never change it: what was signed under another name is not continued.</summary>
    public string? Origin { get; init; }

    /// <summary>A checkpoint is signed this often when there is something new, 1 second to 24 hours.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Folder that every checkpoint is written to as a file, best on another machine's disk; null writes none.</summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>Address that every checkpoint is sent to by POST; null sends none.</summary>
    public Uri? CheckpointTo { get; init; }

    /// <summary>File with the bearer token for <c>CheckpointTo</c>.</summary>
    public string? CheckpointTokenFile { get; init; }

    /// <summary>Folder that every record is written to, as files of JSON lines that <c>audit verify</c> reads; null writes none.</summary>
    public string? ExportFolder { get; init; }

    /// <summary>Where records are sent, by name. A name keeps its place: one that is new begins with the oldest record.</summary>
    public Dictionary<string, ExportOptions> Exports { get; init; } = [];

    /// <summary>How long records are kept in the store, 1 day to 10 years; none goes before it is signed and exported.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(400);

    /// <summary>Name of the log under this public address.</summary>
    public string OriginUnder(string publicUrl)
    {
        var address = new Uri(publicUrl);
        return Origin ?? $"{address.Authority}{address.AbsolutePath.TrimEnd('/')}/audit";
    }

    public IEnumerable<string> Validate()
    {
        if (Origin is not null && !VerificationKey.IsName(Origin)) yield return "Audit:Origin: a name without blanks and plus signs";
        if (CheckpointEvery < TimeSpan.FromSeconds(1) || CheckpointEvery > TimeSpan.FromHours(24)) yield return "Audit:CheckpointEvery: outside 00:00:01 to 1.00:00:00";
        if (Keep < TimeSpan.FromDays(1) || Keep > TimeSpan.FromDays(3660)) yield return "Audit:Keep: outside 1.00:00:00 to 3660.00:00:00";
        if (CheckpointTo is not null && !ExportOptions.IsAddress(CheckpointTo)) yield return $"Audit:CheckpointTo: {ExportOptions.AddressWanted}";
        if (CheckpointTokenFile is not null && CheckpointTo is null) yield return "Audit:CheckpointTokenFile: needs Audit:CheckpointTo";
        if (CheckpointTokenFile is not null && !File.Exists(CheckpointTokenFile)) yield return $"Audit:CheckpointTokenFile: no file at '{CheckpointTokenFile}'";
        foreach (var (name, export) in Exports)
        {
            if (name is AuditSinks.Folder or AuditSinks.Checkpoints) yield return $"Audit:Exports:{name}: the name is taken";
            foreach (var mistake in export.Validate($"Audit:Exports:{name}")) yield return mistake;
        }
    }
}

/// <summary>One export of all records.</summary>
internal sealed record ExportOptions
{
    /// <summary><c>ocsf</c>, <c>cloudevents</c> or <c>native</c>.</summary>
    public string Format { get; init; } = "native";

    /// <summary>A folder, or an http or https address that takes POST; plain http is for loopback only.</summary>
    public string To { get; init; } = "";

    /// <summary>File with the bearer token that the address wants.</summary>
    public string? TokenFile { get; init; }

    internal const string AddressWanted = "an https address, or http on loopback, without user, query and fragment";

    /// <summary>The address; null where it is a folder.</summary>
    internal Uri? Address() => Uri.TryCreate(To, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    internal static bool IsAddress(Uri address) =>
        address.IsAbsoluteUri && address is { UserInfo: "", Query: "", Fragment: "" } && (address.Scheme == "https" || address is { Scheme: "http", IsLoopback: true });

    public IEnumerable<string> Validate(string path)
    {
        if (Format is not ("ocsf" or "cloudevents" or "native")) yield return $"{path}:Format: '{Format}' is none of ocsf, cloudevents, native";
        if (string.IsNullOrWhiteSpace(To)) yield return $"{path}:To: required";
        else if (Address() is { } address && !IsAddress(address)) yield return $"{path}:To: {AddressWanted}";
        else if (Address() is null && To.Contains("://", StringComparison.Ordinal)) yield return $"{path}:To: {AddressWanted}, or a folder";
        if (TokenFile is not null && Address() is null) yield return $"{path}:TokenFile: needs an address";
        if (TokenFile is not null && !File.Exists(TokenFile)) yield return $"{path}:TokenFile: no file at '{TokenFile}'";
    }
}
