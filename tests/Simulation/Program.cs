return await HvPlatform.Simulation.SimCommand.RunAsync(args);
