using CredentialBroker.Approvals;
using CredentialBroker.Approvals.ClientCertificates;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Alarms;

/// <summary>Section <c>Alarms:Sources:&lt;name&gt;</c>: who may tell what they saw, and how they prove who they are.</summary>
internal sealed record AlarmSourceOptions
{
    public const string Set = "set", Falco = "falco", Plain = "plain";

    /// <summary><c>set</c> for security event tokens (CAEP), <c>falco</c> for Falco's JSON, <c>plain</c> for the broker's own form.</summary>
    public string Format { get; init; } = "";

    /// <summary>The <c>iss</c> of its tokens; exact. For <c>set</c>.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>The one <c>aud</c> of its tokens: this broker, as the source knows it. For <c>set</c>.</summary>
    public string Audience { get; init; } = "";

    /// <summary>File with the source's JWK set. Either this or <see cref="JwksUrl"/>. For <c>set</c>.</summary>
    public string? JwksFile { get; init; }

    /// <summary>HTTPS address of the source's JWK set. For <c>set</c>.</summary>
    public string? JwksUrl { get; init; }

    /// <summary>Signature algorithms it may use: ES256, PS256, RS256 unless fewer are listed. For <c>set</c>.</summary>
    public string[]? Algorithms { get; init; }

    /// <summary>File with one or two lines <c>whsec_…</c> (Standard Webhooks). For <c>falco</c> and <c>plain</c>, unless a client certificate proves them.</summary>
    public string? SecretFile { get; init; }

    /// <summary>PEM file with the authority that its client certificate is from. For <c>falco</c> and <c>plain</c>, in the place of a secret.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>The subject alternative name its client certificate must have: <c>dns:falco.example</c> or <c>uri:spiffe://…</c>; exact.</summary>
    public string? ClientSan { get; init; }

    /// <summary>The cluster that a Falco watches, since its messages do not say. For <c>falco</c>.</summary>
    public string? Cluster { get; init; }

    /// <summary>What it reaches: nothing beyond this selector is touched on its word. Null is everything.</summary>
    public string? Selector { get; init; }

    /// <summary>Who answers for this source (R39).</summary>
    public Owners? Owners { get; init; }

    public bool ByCertificate => ClientCaFile is not null || ClientSan is not null;

    public IEnumerable<string> Validate(string path)
    {
        if (!Text.IsName(path[(path.LastIndexOf(':') + 1)..])) yield return $"{path}: a source's name is 1 to 63 of a-z, 0-9, '.', '_' and '-'";
        if (Selector is not null && !Protocol.Selectors.Selector.TryParse(Selector, out _, out var error)) yield return $"{path}:Selector: position {error!.Position}: {error.Message}";
        if (Cluster is not null && (Format != Falco || !Text.IsName(Cluster))) yield return $"{path}:Cluster: the name of one cluster, for falco only";
        foreach (var (role, owner) in new[] { ("Runtime", Owners?.Runtime), ("Policy", Owners?.Policy), ("Operator", Owners?.Operator) })
        {
            if (string.IsNullOrWhiteSpace(owner)) yield return $"{path}:Owners:{role}: required; name the accountable party";
        }

        foreach (var mistake in Format switch
        {
            Set => Signed(path),
            Falco or Plain => Webhook(path),
            _ => [$"{path}:Format: '{Format}' is none of {Set}, {Falco}, {Plain}"],
        }) yield return mistake;
    }

    private IEnumerable<string> Signed(string path)
    {
        if (SecretFile is not null || ByCertificate) yield return $"{path}: SecretFile, ClientCaFile and ClientSan have no use for {Set}";
        if (string.IsNullOrWhiteSpace(Issuer)) yield return $"{path}:Issuer: required; the iss of its tokens";
        if (string.IsNullOrWhiteSpace(Audience)) yield return $"{path}:Audience: required; the aud of its tokens, such as this broker's address";
        if (JwksFile is null == JwksUrl is null) yield return $"{path}: name either JwksFile or JwksUrl";
        if (JwksFile is { } file && !File.Exists(file)) yield return $"{path}:JwksFile: no file at '{file}'";
        if (JwksUrl is { } url && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps)) yield return $"{path}:JwksUrl: '{url}' is no https address";
        if (Algorithms is { Length: 0 } || (Algorithms ?? []).Except(Limits.Algorithms, StringComparer.Ordinal).Any()) yield return $"{path}:Algorithms: of {string.Join(", ", Limits.Algorithms)}, or leave it out for all";
    }

    private IEnumerable<string> Webhook(string path)
    {
        if (Issuer.Length > 0 || Audience.Length > 0 || JwksFile is not null || JwksUrl is not null || Algorithms is not null) yield return $"{path}: Issuer, Audience, JwksFile, JwksUrl and Algorithms have no use for {Format}";
        if (ByCertificate && SecretFile is not null) yield return $"{path}: name either SecretFile or ClientCaFile with ClientSan";
        foreach (var mistake in ByCertificate ? ClientCertificate.Mistakes(ClientCaFile, ClientSan, path) : WebhookSecrets.Mistakes(SecretFile, $"{path}:SecretFile")) yield return mistake;
    }
}

/// <summary>A source as configured, and what its word reaches.</summary>
internal sealed record AlarmSource(string Name, AlarmSourceOptions Options)
{
    public Selector Reach { get; } = Selector.TryParse(Options.Selector ?? "", out var selector, out _) ? selector : new Selector([]);

    /// <summary>Actor of the records of what it told.</summary>
    public string Actor => $"alarms:{Name}";
}
