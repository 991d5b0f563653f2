namespace CredentialBroker.Backends.Gcp;

/// <summary>How the broker proves to Google that it may have tokens.</summary>
internal sealed record GcpLogin
{
    public const string Federation = "federation";
    public const string Default = "default";
    public const string KeyFile = "key-file";

    public static readonly IReadOnlyList<string> Methods = [Federation, Default, KeyFile];

    /// <summary><c>federation</c> (a token of the broker's federation issuer), <c>default</c> (what the machine has, as the SDK finds it), or <c>key-file</c>.</summary>
    public string Method { get; init; } = Federation;
    /// <summary>Group of the subjects by which the broker impersonates service accounts (<c>federation</c>).</summary>
    public string Group { get; init; } = "credential-broker";
    /// <summary>A service account's key (<c>key-file</c>), read at the first use.</summary>
    public string? ServiceAccountKeyFile { get; init; }
    /// <summary>Accepts a service account's key: a standing secret, which <c>check</c> warns of.</summary>
    public bool AllowStaticKey { get; init; }

    public IEnumerable<string> Validate(string path)
    {
        if (!Methods.Contains(Method)) yield return $"{path}:Method: must be one of {string.Join(", ", Methods)}";
        if (!GcpNames.IsGroup(Group)) yield return $"{path}:Group: {GcpNames.GroupForm}";
        if (Method == KeyFile && !AllowStaticKey) yield return $"{path}:AllowStaticKey: method key-file is a standing secret and has to be accepted explicitly";
        if (Method == KeyFile && !File.Exists(ServiceAccountKeyFile)) yield return $"{path}:ServiceAccountKeyFile: is needed for key-file, or cannot be seen";
    }
}
