using System.CommandLine;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Every command there is.</summary>
internal static class CommandTree
{
    public static RootCommand Of(Surroundings around)
    {
        var root = new RootCommand("Obtains credentials for one workload, keeps them fresh, hands them out in the dialect its SDK speaks, and ends them with the work.")
        {
            new ServeCommand(around),
            new ExecCommand(around),
            new CheckCommand(around),
            new ReadyCommand(around),
            new QuitCommand(around),
            new AwsCommand(around),
            new KubectlCommand(around),
            new DockerCommand(around),
            new GitCommand(around),
        };
        root.Directives.Clear();
        return root;
    }
}
