using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.GitHub;

/// <summary>Operator configuration <c>Targets:GitHub:{name}</c>: one installation of a GitHub App, and what templates may choose there.</summary>
internal sealed record GitHubTarget
{
    /// <summary>Base of the REST API: <c>https://api.github.com</c>, or <c>https://HOST/api/v3</c> of an Enterprise server; plain http on loopback only.</summary>
    public Uri? Address { get; init; } = new("https://api.github.com");
    /// <summary>PEM file of the authorities that may have signed the server's certificate; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>The App's id, or its client id.</summary>
    public string AppId { get; init; } = "";
    /// <summary>The App's private key (RSA, PEM); read whenever the broker shows itself.</summary>
    public string PrivateKeyFile { get; init; } = "";
    /// <summary>Id of the installation whose tokens are made.</summary>
    public long InstallationId { get; init; }
    /// <summary>Repositories that templates may choose: the name they have in templates, and their id, which a renamed or moved repository keeps.</summary>
    public IReadOnlyDictionary<string, long> Repositories { get; init; } = new Dictionary<string, long>();
    /// <summary>Permissions that templates may choose, each with the most they may: <c>read</c>, <c>write</c> or <c>admin</c>.</summary>
    public IReadOnlyDictionary<string, string> Permissions { get; init; } = new Dictionary<string, string>();
    /// <summary>Asks for the stateless form of tokens, which GitHub gives to all step by step, so that <c>check</c> tells whether they can be ended.</summary>
    public bool StatelessTokens { get; init; }
    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Leases that may be made or renewed at once.</summary>
    public int MaxMinting { get; init; } = 8;
    /// <summary>Leases that may be ended at once; a bound of their own, so that making never keeps ending waiting.</summary>
    public int MaxEnding { get; init; } = 8;

    public IEnumerable<string> Validate(string path) => WireAddress.ValidateWithPath(Address, $"{path}:Address", "https://api.github.com")
        .Concat(WireLimits.Files(path, ("RootCertificateFile", RootCertificateFile), ("PrivateKeyFile", PrivateKeyFile)))
        .Concat(WireLimits.Validate(RequestTimeout, MaxMinting, MaxEnding, path))
        .Concat(Own(path));

    private IEnumerable<string> Own(string path)
    {
        if (AppId.Length is 0 or > 64 || !AppId.All(c => char.IsAsciiLetterOrDigit(c) || c == '.')) yield return $"{path}:AppId: must be the App's id or client id";
        if (InstallationId <= 0) yield return $"{path}:InstallationId: must be the installation's id";
        if (Repositories.Count == 0) yield return $"{path}:Repositories: must name at least one repository";
        foreach (var (name, id) in Repositories)
        {
            if (!GitHubNames.IsRepository(name) || id <= 0) yield return $"{path}:Repositories:{name}: must be a repository's name with its id";
        }

        if (Permissions.Count == 0) yield return $"{path}:Permissions: must name at least one permission";
        foreach (var (name, level) in Permissions)
        {
            if (!GitHubNames.IsPermission(name) || GitHubNames.LevelOf(level) == 0) yield return $"{path}:Permissions:{name}: must be a permission with read, write or admin";
        }
    }
}
