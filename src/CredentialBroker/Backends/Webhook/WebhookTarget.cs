using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Webhook;

/// <summary>Operator configuration <c>Targets:Webhook:{name}</c>: one receiver of the webhook contract, and what templates may ask of it.</summary>
internal sealed record WebhookTarget
{
    /// <summary>The one URL that every call is posted to, such as <c>https://licences.example/credentials</c>; plain http on loopback only.</summary>
    public Uri? Address { get; init; }
    /// <summary>Audience of the federation issuer's token that signs each call; one of its own for each receiver, or one could replay at another what it was sent.</summary>
    public string Audience { get; init; } = "";
    /// <summary>Subject of that token.</summary>
    public string Subject { get; init; } = "credential-broker";
    /// <summary>PEM file of the authorities that may have signed the server's certificate; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>PEM file of the broker's client certificate, where the receiver asks for one; read at every connection.</summary>
    public string? ClientCertificateFile { get; init; }
    /// <summary>PEM file of that certificate's private key.</summary>
    public string? ClientKeyFile { get; init; }
    /// <summary>Kinds of credentials that templates may ask for; what they mean is the receiver's to say.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];
    /// <summary>Scopes that templates may ask for; one that ends in <c>*</c> stands for all that begin so.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];
    /// <summary>What an end means where the credential is honoured: <c>Immediate</c>, <c>Principal</c>, <c>Condition</c>, <c>Barrier</c> or <c>ExpiryOnly</c>. The receiver's documentation says; it is shown, and a proof holds it to it.</summary>
    public Revocability Revocability { get; init; } = Revocability.ExpiryOnly;
    /// <summary>Whether the receiver lets a credential live longer, by the operation <c>renew</c>.</summary>
    public bool Renews { get; init; }
    /// <summary>Whether the receiver tells what there is, by the operation <c>list</c>.</summary>
    public bool Lists { get; init; }
    /// <summary>Where the credential can be used for a proof; absent where it cannot be seen whether it is honoured.</summary>
    public WebhookUse? Use { get; init; }
    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Leases that may be made or renewed at once.</summary>
    public int MaxMinting { get; init; } = 16;
    /// <summary>Leases that may be ended at once; a bound of their own, so that making never keeps ending waiting.</summary>
    public int MaxEnding { get; init; } = 16;

    public IEnumerable<string> Validate(string path, ReservedAudiences reserved) => WireAddress.ValidateWithPath(Address, $"{path}:Address", "https://licences.example/credentials")
        .Concat(FederationToken.Validate(Subject, Audience, reserved, path))
        .Concat(WireLimits.Files(path, ("RootCertificateFile", RootCertificateFile), ("ClientCertificateFile", ClientCertificateFile), ("ClientKeyFile", ClientKeyFile)))
        .Concat(Use?.Validate($"{path}:Use") ?? [])
        .Concat(WireLimits.Validate(RequestTimeout, MaxMinting, MaxEnding, path))
        .Concat(Own(path));

    /// <summary>Whether templates may ask for a scope as it is, its holes filled.</summary>
    public bool Allows(string scope) => Scopes.Any(one => one.EndsWith('*') ? scope.StartsWith(one[..^1], StringComparison.Ordinal) : one == scope);

    private IEnumerable<string> Own(string path)
    {
        if ((ClientCertificateFile is null) != (ClientKeyFile is null)) yield return $"{path}:ClientKeyFile: a client certificate and its key come together";
        if (Kinds.Count == 0) yield return $"{path}:Kinds: must list at least one kind";
        for (var i = 0; i < Kinds.Count; i++)
        {
            if (!TargetNames.IsValid(Kinds[i])) yield return $"{path}:Kinds:{i}: must be 1 to 63 lower-case letters, digits and -";
        }

        for (var i = 0; i < Scopes.Count; i++)
        {
            if (!Holes.IsSafe(Scopes[i].TrimEnd('*')) || Scopes[i].TrimEnd('*').Length < Scopes[i].Length - 1) yield return $"{path}:Scopes:{i}: must be 1 to 128 letters, digits, ._:/- and at most one * at the end";
        }
    }
}

/// <summary>Where and how a credential is used for a proof.</summary>
internal sealed record WebhookUse
{
    /// <summary>Read with the credential: 2xx means that it is honoured, 401 and 403 that it is not; anything else proves nothing.</summary>
    public Uri? Address { get; init; }
    /// <summary>Member of the credential that is shown.</summary>
    public string Member { get; init; } = "token";
    /// <summary>Scheme of the header <c>Authorization</c> that it is shown with.</summary>
    public string Scheme { get; init; } = "Bearer";

    public IEnumerable<string> Validate(string path)
    {
        foreach (var wrong in WireAddress.ValidateWithPath(Address, $"{path}:Address", "https://api.example/whoami")) yield return wrong;
        if (!WebhookAnswer.IsName(Member)) yield return $"{path}:Member: must be 1 to 64 letters, digits and _.-";
        if (!TargetNames.IsValid(Scheme.ToLowerInvariant())) yield return $"{path}:Scheme: must be the name of an authentication scheme";
    }
}
