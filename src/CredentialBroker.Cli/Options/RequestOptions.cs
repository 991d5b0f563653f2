using System.CommandLine;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>What every request for a second person's yes states: for which templates, how long, why, and who answers for it.</summary>
internal sealed class RequestOptions
{
    private readonly Option<string[]> _templates = new("--template", "-t") { HelpName = "NAME", Description = "Template it is for; may be repeated.", Required = true };
    private readonly Option<string> _for = new("--for") { HelpName = "DURATION", Description = "How long, such as 8h.", Required = true };
    private readonly Option<string> _reason = new("--reason") { HelpName = "TEXT", Description = "Why; recorded.", Required = true };
    private readonly Option<string> _ticket = new("--ticket") { HelpName = "TICKET", Description = "Where it is tracked.", Required = true };
    private readonly Option<string> _owners = new("--owners") { HelpName = "RUNTIME,POLICY,OPERATOR", Description = "The three parties who answer for it.", Required = true };
    private readonly Option<string?> _selector = new("--selector", "-s") { HelpName = "SELECTOR", Description = "Only for claims that this selects." };

    public Option[] All => [_templates, _for, _reason, _ticket, _owners, _selector];

    public IReadOnlyList<string> Templates(ParseResult parsed) => parsed.GetRequiredValue(_templates);

    public string For(ParseResult parsed) => Durations.TryParse(parsed.GetRequiredValue(_for), out _)
        ? parsed.GetRequiredValue(_for)
        : throw CommandException.Usage("--for is no duration such as 90s, 15m or 8h");

    public string Reason(ParseResult parsed) => parsed.GetRequiredValue(_reason);

    public string Ticket(ParseResult parsed) => parsed.GetRequiredValue(_ticket);

    public string? Selector(ParseResult parsed) => parsed.GetValue(_selector) is { } text ? Checks.Selector(text) : null;

    public Owners Owners(ParseResult parsed) => parsed.GetRequiredValue(_owners).Split(',') is [{ Length: > 0 } runtime, { Length: > 0 } policy, { Length: > 0 } operation]
        ? new Owners(runtime, policy, operation)
        : throw CommandException.Usage("--owners names three parties, such as team-shop,team-security,team-sre");
}
