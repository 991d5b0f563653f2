using System.CommandLine;
using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Approvals;

namespace CredentialBroker.Cli.Commands;

/// <summary>Says that a unit of work is over, which ends its leases.</summary>
internal sealed class TaskEnd : BrokerCommand
{
    private readonly Argument<string> _task = Checks.Id("TASK", "The task's name; slashes are part of it.");

    public TaskEnd(Shell shell)
        : base(shell, "end", "End a task and with it every lease that belongs to it.",
            "credbroker task end pipelines/4711",
            "credbroker task end prod-eu/6f1f3c1e-6f0e-4f62-9d4b-2f0f6b7f7a11") => Add(_task);

    protected override async Task<int> RunAsync(BrokerClient broker, ParseResult parsed, CancellationToken cancel)
    {
        Output.Write(Shell, parsed, await broker.EndTaskAsync(parsed.GetRequiredValue(_task), cancel), ProtocolJson.Default.TaskEnded, Text);
        return ExitCodes.Ok;
    }

    private static void Text(Shell shell, TaskEnded ended) => Details.Write(shell, ("task", ended.Task), ("leases now ending", $"{ended.Leases}"));
}
