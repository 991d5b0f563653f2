namespace CredentialBroker.WebConsole;

/// <summary>Section <c>Console</c>: the responder's eye, in a browser at <c>/console</c>.</summary>
public sealed record ConsoleOptions
{
    /// <summary>Whether there is a console. Without it every route under <c>/console</c> answers that there is none.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Longest time that one sign-in lasts, 5 minutes to 24 hours; the operator's own token may end sooner.</summary>
    public TimeSpan SignedInFor { get; init; } = TimeSpan.FromHours(8);

    /// <summary>A browser that asks for nothing for so long is signed out, 1 minute to <c>SignedInFor</c>.</summary>
    public TimeSpan IdleFor { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Most people signed in at one replica at a time, 1 to 10000; the one who asked for nothing longest makes place.</summary>
    public int MostSessions { get; init; } = 500;

    /// <summary>Where operators sign in with a browser, by the name that the issuer has under <c>Operators:Issuers</c>.</summary>
    public Dictionary<string, ConsoleSignInOptions> SignIn { get; init; } = [];

    /// <param name="issuers">Names under <c>Operators:Issuers</c>.</param>
    internal IEnumerable<string> Validate(IReadOnlyCollection<string> issuers)
    {
        if (SignedInFor < TimeSpan.FromMinutes(5) || SignedInFor > TimeSpan.FromHours(24)) yield return "Console:SignedInFor: outside 00:05:00 to 1.00:00:00";
        if (IdleFor < TimeSpan.FromMinutes(1) || IdleFor > SignedInFor) yield return "Console:IdleFor: outside 00:01:00 to Console:SignedInFor";
        if (MostSessions is < 1 or > 10_000) yield return "Console:MostSessions: outside 1 to 10000";
        foreach (var mistake in SignIn.SelectMany(entry => entry.Value.Validate($"Console:SignIn:{entry.Key}", issuers.Contains(entry.Key)))) yield return mistake;
    }
}

/// <summary>Signing in at one issuer: authorization code with PKCE (RFC 6749, RFC 7636). The API judges the token that comes of it like any other.</summary>
public sealed record ConsoleSignInOptions
{
    /// <summary>What the console is registered as; its redirect address ends in <c>/console/signed-in/</c> and the entry's name.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>File with the client's secret, mode 0600.</summary>
    public string ClientSecretFile { get; init; } = "";

    /// <summary>The issuer's authorization endpoint, https (on this machine http will do).</summary>
    public string AuthorizationEndpoint { get; init; } = "";

    /// <summary>The issuer's token endpoint, https (on this machine http will do).</summary>
    public string TokenEndpoint { get; init; } = "";

    /// <summary>Scopes asked for, with blanks between.</summary>
    public string Scopes { get; init; } = "openid profile email";

    /// <summary>Which of the issuer's tokens the API takes: <c>id_token</c> or <c>access_token</c>; its only audience has to be <c>Operators:Issuers:{name}:Audience</c>.</summary>
    public string Token { get; init; } = "id_token";

    internal IEnumerable<string> Validate(string path, bool isIssuer)
    {
        if (!isIssuer) yield return $"{path}: Operators:Issuers has no entry of this name";
        if (path.Split(':')[^1].Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))) yield return $"{path}: the name becomes part of an address: letters, digits, - and _";
        if (string.IsNullOrWhiteSpace(ClientId)) yield return $"{path}:ClientId: missing";
        if (!IsEndpoint(AuthorizationEndpoint)) yield return $"{path}:AuthorizationEndpoint: '{AuthorizationEndpoint}' is no https address";
        if (!IsEndpoint(TokenEndpoint)) yield return $"{path}:TokenEndpoint: '{TokenEndpoint}' is no https address";
        if (!File.Exists(ClientSecretFile)) yield return $"{path}:ClientSecretFile: no file at '{ClientSecretFile}'";
        if (Token is not ("id_token" or "access_token")) yield return $"{path}:Token: '{Token}' is neither id_token nor access_token";
        if (string.IsNullOrWhiteSpace(Scopes)) yield return $"{path}:Scopes: missing";
    }

    private static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { UserInfo: "", Fragment: "" } && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
