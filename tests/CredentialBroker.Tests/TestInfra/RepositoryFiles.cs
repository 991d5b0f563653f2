namespace CredentialBroker.TestInfra;

/// <summary>Files of the repository that tests read, found from the test assembly upwards.</summary>
internal static class RepositoryFiles
{
    public static string PathOf(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CredentialBroker.sln"))) return Path.Combine(folder.FullName, relative);
        }

        throw new DirectoryNotFoundException("the tests run outside the repository");
    }
}
