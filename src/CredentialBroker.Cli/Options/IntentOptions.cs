using System.CommandLine;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>What is claimed of a template.</summary>
internal sealed class IntentOptions
{
    private readonly Option<string?> _ttl = new("--ttl") { HelpName = "DURATION", Description = "Wanted life, at most the template's." };
    private readonly Option<string[]> _scopes = new("--scope") { HelpName = "NAME", Description = "A scope of the template; may be repeated. Without it, all that the template grants." };
    private readonly Option<string[]> _parameters = new("--param") { HelpName = "NAME=VALUE", Description = "A value for a parameter of the chosen scopes; may be repeated." };
    private readonly Option<string?> _purpose = new("--purpose") { HelpName = "TEXT", Description = "One line for the audit record, such as a ticket." };
    private readonly Option<string?> _nonce = new("--nonce") { HelpName = "TEXT", Description = "The approval's nonce, where the approval is bound by one." };

    public IntentOptions() => _ttl.MustBeDuration();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_ttl, _scopes, _parameters, _purpose, _nonce]) command.Add(option);
    }

    /// <summary>Only what chooses among the template's scopes.</summary>
    public void AddScopesTo(Command command)
    {
        command.Add(_scopes);
        command.Add(_parameters);
    }

    public string? Ttl(ParseResult parsed) => parsed.GetValue(_ttl);

    public string? Nonce(ParseResult parsed) => parsed.GetValue(_nonce);

    public Intent? Intent(ParseResult parsed)
    {
        var scopes = parsed.GetValue(_scopes) ?? [];
        var parameters = Parameters(parsed.GetValue(_parameters) ?? []);
        var purpose = parsed.GetValue(_purpose);
        return scopes.Length == 0 && parameters.Count == 0 && purpose is null
            ? null
            : new Intent(scopes.Length == 0 ? null : scopes, parameters.Count == 0 ? null : parameters, purpose);
    }

    private static Dictionary<string, string> Parameters(string[] pairs)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw CommandException.Usage($"--param '{pair}' is not NAME=VALUE");
            if (!parameters.TryAdd(pair[..equals], pair[(equals + 1)..])) throw CommandException.Usage($"--param {pair[..equals]} is given twice");
        }

        return parameters;
    }
}
