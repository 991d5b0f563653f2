using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

/// <summary>An approval source as configured, and what it may approve.</summary>
internal sealed record ApprovalSource(string Name, ApprovalSourceOptions Options)
{
    public Binding Binding { get; } = Words.Bindings[Options.Binding];

    public string MaxTier { get; } = Options.MaxTier ?? Words.Critical;

    public Owners Owners { get; } = Options.Owners ?? throw new ArgumentException("validated options have owners", nameof(Options));

    public bool AllowsSelfApproval => Options.SelfApproval == "allow";

    /// <summary>Whether what proves its messages is a secret that the broker holds too, so that the broker could have made them.</summary>
    public bool IsSharedSecret => Formats.OnlyPrompts(Options.Format) || Options.Authentication is Formats.Webhook or Formats.Token;

    public bool MayApproveFor(string environment) => Options.Environments.Contains(environment, StringComparer.Ordinal);

    public bool MayApprove(string template) => Options.Templates.Any(allowed =>
        allowed.EndsWith("-*", StringComparison.Ordinal)
            ? template.Length >= allowed.Length && template.StartsWith(allowed[..^1], StringComparison.Ordinal)
            : template == allowed);
}
