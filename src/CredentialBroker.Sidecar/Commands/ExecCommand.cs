using System.CommandLine;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Sidecar.Exec;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Runs one program with credentials of its own, which end when it ends.</summary>
internal sealed class ExecCommand : SidecarCommand
{
    private readonly ExecOptions _options = new();
    private readonly Option<string?> _wait = Durations.Option("--wait", "How long to go on asking before the program starts, such as for an approval; without it, asks once.");
    private readonly Option<string[]> _environment = new("--env")
    {
        HelpName = "NAME=[LEASE.]MEMBER", Description = "Where the template says 'delivery: { env: accepted }': puts one member of a credential into the program's environment, where whoever may look at the process can read it, and where it stays when the lease is followed by another; may be repeated.",
    };

    private readonly Argument<string[]> _command = new("COMMAND") { Description = "After --: the program and its arguments.", Arity = ArgumentArity.OneOrMore };

    public ExecCommand(Surroundings around)
        : base(around, "exec", "Run a program with leased credentials, and end the leases when it exits. Its exit code is passed on.")
    {
        _options.AddTo(this);
        Add(_wait);
        Add(_environment);
        Add(_command);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var options = _options.Read(parsed);
        options.FillFrom(Around);
        Demand(options.Validate());
        var asked = Pairs.Of("--env", parsed.GetValue(_environment));
        var say = new Say(Around.Error, Around.Clock);
        LockedMemory.Close();
        using var folder = new PrivateFolder(Around);
        using var signals = new Signals(cancel);
        await using var sidecar = new RunningSidecar(options, Around, say);
        await ObtainAsync(sidecar.Leases, Durations.Of(parsed.GetValue(_wait)), signals.Stop);
        Dialects.Choose(options.FrontEnds, sidecar.Leases, folder.Path);
        await sidecar.StartAsync(options.FrontEnds, signals.Stop);
        var environment = Dialects.Environment(options.FrontEnds, sidecar, folder.Path);
        foreach (var (name, member) in asked) environment[name] = MemberOf(sidecar.Leases, member);
        return await Child.RunAsync(parsed.GetValue(_command)!, environment, signals, Around.Clock, sidecar.Quit);
    }

    /// <summary>Nothing runs before everything is held.</summary>
    private async Task ObtainAsync(HeldLeases leases, TimeSpan wait, CancellationToken stop)
    {
        var until = Around.Clock.GetUtcNow() + wait;
        for (var failures = 1; await leases.TryAsync(stop) is { } failure; failures++)
        {
            var pause = Backoff.After(failures, failure.Wait, TimeSpan.Zero);
            if (Around.Clock.GetUtcNow() + pause > until) throw new CommandException(ExitCodes.Of(failure.Passing), $"{failure.Code}: {failure.Detail}");
            await Task.Delay(pause, Around.Clock, stop);
        }
    }

    private static string MemberOf(HeldLeases leases, string text)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var lease = dot < 0 ? leases.ByName.Values.Single() : leases.ByName.GetValueOrDefault(text[..dot]) ?? throw CommandException.Usage($"--env: there is no lease '{text[..dot]}'");
        var value = lease.Kept?.Credential.Member(text[(dot + 1)..]) ?? throw CommandException.Usage($"--env: lease '{lease.Name}' has no member '{text[(dot + 1)..]}'");
        // The template's word, not the command line's: what is in an environment is every child's to read (R53).
        return lease.Kept is { Delivery.Env: Delivery.Accepted }
            ? value
            : throw new CommandException(ExitCodes.Denied, $"--env: template '{lease.Options.Template}' does not let its credential be put into the environment; read it from $CREDBROKER_CREDENTIALS/{lease.Name}.json, or have its owners say 'delivery: {{ env: accepted }}' in it");
    }
}
