using CredentialBroker.Issuer;

namespace CredentialBroker.Backends.Azure;

/// <summary>How the broker proves to Entra that it may have tokens of an identity.</summary>
internal sealed record AzureLogin
{
    public const string Federation = "federation";
    public const string Default = "default";
    public const string ClientSecret = "client-secret";

    public static readonly IReadOnlyList<string> Methods = [Federation, Default, ClientSecret];

    /// <summary><c>federation</c> (a token of the broker's federation issuer), <c>default</c> (workload identity, then managed identity, as the SDK finds them), or <c>client-secret</c>.</summary>
    public string Method { get; init; } = Federation;
    /// <summary>Audience of the federation issuer's token; sovereign clouds have their own.</summary>
    public string Audience { get; init; } = "api://AzureADTokenExchange";
    /// <summary>A projected token that workload identity shows (<c>default</c>); the SDK's own environment variable when absent.</summary>
    public string? TokenFile { get; init; }
    /// <summary>Accepts method <c>client-secret</c>: a standing secret, which <c>check</c> warns of.</summary>
    public bool AllowStaticSecret { get; init; }

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved)
    {
        if (!Methods.Contains(Method)) yield return $"{path}:Method: must be one of {string.Join(", ", Methods)}";
        if (Method == Federation && !reserved.Include(Audience)) yield return $"{path}:Audience: must be one of the broker's own federation (Issuer:FederationAudiences)";
        if (Method == ClientSecret && !AllowStaticSecret) yield return $"{path}:AllowStaticSecret: method client-secret is a standing secret and has to be accepted explicitly";
        if (TokenFile is not null && !File.Exists(TokenFile)) yield return $"{path}:TokenFile: the file does not exist or cannot be seen";
    }
}
