using System.Text.Json;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>One issuer of operators' tokens.</summary>
internal sealed class OperatorIssuer(string name, TokenRules rules, IReadOnlyList<RoleBinding> bindings)
{
    /// <summary>Claims that say what people call somebody, best first.</summary>
    private static readonly string[] Labels = ["preferred_username", "email", "name"];

    /// <summary>Claims that name a person; those that may be a mere nickname count where they are an address.</summary>
    private static readonly string[] Addresses = ["preferred_username", "upn"];

    public string Name => name;

    public TokenRules Rules => rules;

    /// <summary>Its <c>iss</c>, which the configuration demands.</summary>
    public string Issuer => rules.Issuer!;

    public static OperatorIssuer Of(string name, OperatorIssuerOptions options, TimeProvider clock, ILogger<KeySource> log)
    {
        var keys = options.JwksFile is { } file
            ? KeySource.FromFile(name, file, clock, log)
            : KeySource.FromUrl(name, new Uri(options.JwksUrl!), KeyEndpoint.Client(options.AllowLoopback), clock, log);
        var rules = new TokenRules(options.Issuer, options.Audience, options.EffectiveAlgorithms, options.MaxLifetime, options.EffectiveTypes, keys);
        return new OperatorIssuer(name, rules, [.. options.Roles.Select(RoleBinding.Of)]);
    }

    /// <param name="claims">Of a token that was verified.</param>
    public OperatorProof Prove(JsonElement claims)
    {
        if (claims.Text("sub") is not { } subject || !ClaimForms.Plain(subject))
        {
            return new OperatorProof.Refused(name, ReasonCodes.OperatorUnknown, "The token's sub is missing or has another form.");
        }

        var label = Labels.Select(claim => claims.Text(claim)).FirstOrDefault(text => text is not null && ClaimForms.Plain(text)) ?? subject;
        return new OperatorProof.Proven(new Operator(Issuer, subject, label, RoleBinding.RolesOf(bindings, claim => ClaimValues.Of(claims, claim)))
        {
            Marks = [.. new[] { claims.Text("email") }.Concat(Addresses.Select(claim => claims.Text(claim)).Where(text => text?.Contains('@', StringComparison.Ordinal) == true)).OfType<string>()],
        });
    }
}
