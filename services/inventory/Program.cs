using HvPlatform.Inventory;
using HvPlatform.ServiceKit;

return await HvHost.RunAsync(args, InventoryModule.Create());
